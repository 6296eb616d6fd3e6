#include "stave/os/clone.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>

#include "stave/error.h"
#include "stave/os/positioned_io.h"

namespace stave::os {

namespace {

void copyPlain(int from, int to, off_t position, off_t end) {
  char buffer[65536];
  while (position < end) {
    size_t wanted = size_t(std::min<off_t>(sizeof(buffer), end - position));
    size_t count = readAt(from, buffer, wanted, uint64_t(position));
    if (count == 0) return;
    writeAllAt(to, buffer, count, uint64_t(position));
    position += off_t(count);
  }
}

void copyRange(int from, int to, off_t position, off_t end) {
  while (position < end) {
    off_t source = position;
    off_t target = position;
    ssize_t count = copy_file_range(from, &source, to, &target, size_t(end - position), 0);
    if (count < 0 && errno == EINTR) continue;
    bool impossible =
        count < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP);
    if (impossible) return copyPlain(from, to, position, end);
    if (count < 0) failErrno("copying a file", errno);
    if (count == 0) return;  // it was cut meanwhile
    position += count;
  }
}

}  // namespace

void cloneContent(int from, int to) {
  if (ioctl(to, FICLONE, from) == 0) return;
  auto size = off_t(fileSize(from));
  off_t position = 0;
  while (position < size) {
    off_t data = lseek(from, position, SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;
    if (data < 0) data = position;
    off_t hole = lseek(from, data, SEEK_HOLE);
    if (hole < 0) hole = size;
    copyRange(from, to, data, hole);
    position = hole;
  }
  truncate(to, uint64_t(size));
}

}  // namespace stave::os
