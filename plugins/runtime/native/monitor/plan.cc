#include "plan.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "system.h"

namespace stave::monitor {

namespace {

void* mapPages(size_t size, int protection, int flags, int fd) {
  long address = sys::invoke(__NR_mmap, 0, size, protection, flags, fd, 0);
  return address < 0 && address > -4096 ? nullptr : reinterpret_cast<void*>(address);
}

/// One message with a part of the plan's descriptors.
struct Parcel {
  int descriptors[plan::maximumGiven + 1];
  int count = 0;
  bool last = false;

  long receive(int socket);
};

/// The socket does not block, for the reports.
long awaitReadable(int socket) {
  pollfd entry{socket, POLLIN, 0};
  for (;;) {
    long result = sys::invoke(__NR_ppoll, &entry, 1, nullptr, nullptr, 0);
    if (result != -EINTR) return result;
  }
}

long Parcel::receive(int socket) {
  if (long result = awaitReadable(socket); result < 0) return result;
  plan::PlanPart part{};
  iovec data{&part, sizeof(part)};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(descriptors))];
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  long size = sys::invoke(__NR_recvmsg, socket, &message, MSG_CMSG_CLOEXEC);
  if (size <= 0) return size == 0 ? -EPIPE : size;
  if (size != static_cast<long>(sizeof(part))) return -EINVAL;
  auto header = reinterpret_cast<cmsghdr*>(control);
  bool any = message.msg_controllen >= CMSG_LEN(sizeof(int));
  size_t bytes = any ? header->cmsg_len - CMSG_LEN(0) : 0;
  count = static_cast<int>(bytes / sizeof(int));
  memcpy(descriptors, CMSG_DATA(header), bytes);
  last = part.last != 0;
  return 0;
}

}  // namespace

long Plan::map(int fd) {
  long size = sys::invoke(__NR_lseek, fd, 0, SEEK_END);
  if (size < static_cast<long>(sizeof(plan::Header))) return -EINVAL;
  void* memory = mapPages(static_cast<size_t>(size), PROT_READ, MAP_PRIVATE, fd);
  if (memory == nullptr) return -ENOMEM;
  base_ = static_cast<const char*>(memory);
  const plan::Header& found = header();
  bool known = found.magic == plan::magicNumber && found.version == plan::currentVersion;
  bool whole = found.size == static_cast<uint64_t>(size);
  return known && whole && found.slotCount == static_cast<uint32_t>(given_) ? 0 : -EINVAL;
}

long Plan::receive(int socket) {
  Parcel parcel;
  sys::Fd memory;
  while (!parcel.last) {
    long result = parcel.receive(socket);
    if (result < 0) return result;
    for (int i = 0; i < parcel.count; i++) {
      if (!memory.open()) {
        memory.reset(parcel.descriptors[i]);
      } else if (given_ < plan::maximumGiven) {
        descriptors_[given_++] = parcel.descriptors[i];
      }
    }
  }
  return map(memory.get());
}

void Plan::close() {
  if (base_ != nullptr) sys::invoke(__NR_munmap, base_, header().size);
  base_ = nullptr;
}

void Plan::closeDescriptors(const int* kept, int count) {
  for (int slot = 0; slot < given_; slot++) {
    bool keep = false;
    for (int i = 0; i < count; i++) keep = keep || kept[i] == descriptors_[slot];
    if (!keep) sys::close(descriptors_[slot]);
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
