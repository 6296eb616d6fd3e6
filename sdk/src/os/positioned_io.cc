#include <errno.h>
#include <fcntl.h>
#include <stave/error.h>
#include <stave/os/file.h>
#include <stave/os/positioned_io.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace stave::os {

namespace {

[[noreturn]] void failOn(const char* call, int fd, const std::string& rest = "") {
  int number = errno;
  failErrno(std::string(call) + "(fd " + std::to_string(fd) + rest + ")", number);
}

}  // namespace

size_t readAt(int fd, void* data, size_t size, uint64_t offset) {
  for (;;) {
    ssize_t got = ::pread(fd, data, size, offset);
    if (got >= 0) return got;
    if (errno != EINTR) failOn("pread", fd, ", offset " + std::to_string(offset));
  }
}

void writeAllAt(int fd, const void* data, size_t size, uint64_t offset) {
  auto bytes = static_cast<const char*>(data);
  while (size > 0) {
    ssize_t written = ::pwrite(fd, bytes, size, offset);
    if (written < 0) {
      if (errno == EINTR) continue;
      failOn("pwrite", fd, ", offset " + std::to_string(offset));
    }
    bytes += written;
    size -= written;
    offset += written;
  }
}

uint64_t fileSize(int fd) {
  struct stat info;
  if (::fstat(fd, &info) != 0) failOn("fstat", fd);
  return info.st_size;
}

std::optional<FileTimes> findFile(const std::string& path) {
  struct stat info;
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    int number = errno;
    failErrno("lstat(" + path + ")", number);
  }
  if (!S_ISREG(info.st_mode)) return std::nullopt;
  return FileTimes{static_cast<uint64_t>(info.st_size),
                   info.st_mtim.tv_sec * 1'000'000'000ll + info.st_mtim.tv_nsec};
}

void truncate(int fd, uint64_t size) {
  if (::ftruncate(fd, size) != 0) failOn("ftruncate", fd, ", " + std::to_string(size));
}

void syncData(int fd) {
  if (::fdatasync(fd) != 0) failOn("fdatasync", fd);
}

void syncDirectory(const std::string& path) {
  Fd directory = open(path, O_RDONLY | O_DIRECTORY);
  if (::fsync(directory.get()) != 0) {
    int number = errno;
    failErrno("fsync(" + path + ")", number);
  }
}

bool tryLock(int fd) {
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) failOn("flock", fd);
  }
  return true;
}

}  // namespace stave::os
