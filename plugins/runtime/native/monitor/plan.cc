#include "plan.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "system.h"

namespace stave::monitor {

namespace {

void* mapPages(size_t size, int protection, int flags, int fd) {
  long address = sys::invoke(__NR_mmap, 0, size, protection, flags, fd, 0);
  return address < 0 && address > -4096 ? nullptr : reinterpret_cast<void*>(address);
}

}  // namespace

long Plan::open(int fd) {
  long size = sys::invoke(__NR_lseek, fd, 0, SEEK_END);
  if (size < static_cast<long>(sizeof(plan::Header))) return -EINVAL;
  void* memory = mapPages(static_cast<size_t>(size), PROT_READ, MAP_PRIVATE, fd);
  if (memory == nullptr) return -ENOMEM;
  base_ = static_cast<const char*>(memory);
  const plan::Header& found = header();
  bool known = found.magic == plan::magicNumber && found.version == plan::currentVersion;
  return known && found.size == static_cast<uint64_t>(size) ? 0 : -EINVAL;
}

void Plan::close() {
  if (base_ != nullptr) sys::invoke(__NR_munmap, base_, header().size);
  base_ = nullptr;
}

void Plan::closeDescriptors(const int* kept, int count) {
  for (int slot = 0; slot < limit(); slot++) {
    int fd = plan::firstSlotFd + slot;
    bool keep = false;
    for (int i = 0; i < count; i++) keep = keep || kept[i] == fd;
    if (!keep) sys::close(fd);
  }
}

void pointersTo(const char* texts, uint32_t count, const char** list) {
  for (uint32_t i = 0; i < count; i++) {
    list[i] = texts;
    texts += strlen(texts) + 1;
  }
  list[count] = nullptr;
}

const char** allocatePointers(size_t count) {
  void* memory = mapPages((count + 1) * sizeof(char*), PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1);
  return static_cast<const char**>(memory);
}

}  // namespace stave::monitor
