#include "stave/os/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <unordered_set>

#include "stave/error.h"

namespace stave::os {

namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

/// Names in an open directory, without . and ..; takes the descriptor.
std::vector<std::string> namesIn(Fd fd, const std::string& path) {
  Directory directory(fdopendir(fd.get()));
  if (directory == nullptr) failErrno("listing " + path, errno);
  fd.release();
  std::vector<std::string> names;
  while (auto* entry = readdir(directory.get())) {
    std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  return names;
}

void removeAt(int parent, const std::string& name, dev_t device, const std::string& path) {
  if (unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) return;
  if (errno != EISDIR && errno != EPERM && errno != ENOTEMPTY) failErrno("removing " + path, errno);
  int raw = openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (raw < 0 && errno == ENOENT) return;
  if (raw < 0) failErrno("opening " + path + " to remove it", errno);
  Fd fd(raw);
  struct stat info;
  if (fstat(fd, &info) < 0) failErrno("reading " + path, errno);
  if (info.st_dev != device) {
    fail(ErrorCode::CONFLICT, "removing " + path + ": another file system is mounted there");
  }
  for (auto& child : namesIn(duplicate(fd), path)) removeAt(fd, child, device, path + "/" + child);
  if (unlinkat(parent, name.c_str(), AT_REMOVEDIR) < 0 && errno != ENOENT) {
    failErrno("removing directory " + path, errno);
  }
}

struct UsageWalk {
  std::unordered_set<ino_t> linked;
  uint64_t bytes = 0;

  void add(int parent, const std::string& name, dev_t device) {
    struct stat info;
    if (fstatat(parent, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) < 0) return;
    if (info.st_dev != device) return;
    if (info.st_nlink > 1 && !S_ISDIR(info.st_mode) && !linked.insert(info.st_ino).second) return;
    bytes += uint64_t(info.st_blocks) * 512;
    if (!S_ISDIR(info.st_mode)) return;
    int fd = openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return;
    Fd directory(fd);
    for (auto& child : namesIn(duplicate(directory), name)) add(directory, child, device);
  }
};

}  // namespace

Fd open(const std::string& path, int flags, mode_t mode) {
  return openAt(AT_FDCWD, path, flags, mode);
}

Fd openAt(int directory, const std::string& path, int flags, mode_t mode) {
  int fd;
  do {
    fd = openat(directory, path.c_str(), flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) failErrno("opening " + path, errno);
  return Fd(fd);
}

Fd duplicate(int fd) {
  int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) failErrno("duplicating descriptor " + std::to_string(fd), errno);
  return Fd(copy);
}

std::string readAll(int fd) {
  std::string content;
  char buffer[16384];
  while (true) {
    ssize_t count = read(fd, buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) failErrno("reading descriptor " + std::to_string(fd), errno);
    if (count == 0) return content;
    content.append(buffer, count);
  }
}

std::string readFile(const std::string& path) {
  auto fd = open(path, O_RDONLY);
  return readAll(fd);
}

bool exists(const std::string& path) {
  struct stat info;
  return lstat(path.c_str(), &info) == 0;
}

void writeAll(int fd, const void* data, size_t size) {
  auto* position = static_cast<const char*>(data);
  while (size > 0) {
    ssize_t count = write(fd, position, size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) failErrno("writing " + std::to_string(size) + " bytes", errno);
    position += count;
    size -= count;
  }
}

void writeFile(const std::string& path, std::string_view content) {
  auto fd = open(path, O_WRONLY);
  ssize_t count = write(fd, content.data(), content.size());
  if (count < 0) failErrno("writing \"" + std::string(content) + "\" to " + path, errno);
  if (size_t(count) != content.size()) fail(ErrorCode::INTERNAL, "short write to " + path);
}

void replaceFile(const std::string& path, std::string_view content, mode_t mode, bool durable) {
  auto temporary = path + ".new";
  try {
    auto fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode);
    writeAll(fd, content.data(), content.size());
    if (durable && fdatasync(fd) < 0) failErrno("syncing " + temporary, errno);
    rename(temporary, path);
  } catch (...) {
    unlink(temporary.c_str());
    throw;
  }
  if (!durable) return;
  auto slash = path.rfind('/');
  auto parent =
      open(slash == std::string::npos ? "." : path.substr(0, slash + 1), O_RDONLY | O_DIRECTORY);
  if (fsync(parent) < 0) failErrno("syncing the directory of " + path, errno);
}

void makeDirectories(const std::string& path, mode_t mode) {
  if (path.empty() || mkdir(path.c_str(), mode) == 0) return;
  if (errno == ENOENT) {
    auto slash = path.rfind('/');
    if (slash == std::string::npos || slash == 0) failErrno("making directory " + path, ENOENT);
    makeDirectories(path.substr(0, slash), mode);
    makeDirectories(path, mode);
    return;
  }
  if (errno != EEXIST) failErrno("making directory " + path, errno);
  struct stat info;
  if (stat(path.c_str(), &info) < 0 || !S_ISDIR(info.st_mode))
    failErrno("making directory " + path, ENOTDIR);
}

void removeTree(const std::string& path) {
  struct stat info;
  if (lstat(path.c_str(), &info) < 0) {
    if (errno == ENOENT) return;
    failErrno("removing " + path, errno);
  }
  removeAt(AT_FDCWD, path, info.st_dev, path);
}

bool removeFile(const std::string& path) {
  if (unlink(path.c_str()) == 0) return true;
  if (errno != ENOENT) failErrno("removing " + path, errno);
  return false;
}

std::vector<std::string> listDirectory(const std::string& path) {
  auto names = namesIn(open(path, O_RDONLY | O_DIRECTORY), path);
  std::sort(names.begin(), names.end());
  return names;
}

void rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) < 0) failErrno("renaming " + from + " to " + to, errno);
}

uint64_t diskUsage(const std::string& path) {
  struct stat info;
  if (lstat(path.c_str(), &info) < 0) return 0;
  UsageWalk walk;
  walk.add(AT_FDCWD, path, info.st_dev);
  return walk.bytes;
}

uint64_t availableBytes(const std::string& path) {
  struct statvfs info;
  if (statvfs(path.c_str(), &info) < 0) failErrno("asking for free space at " + path, errno);
  return uint64_t(info.f_bavail) * info.f_frsize;
}

std::string selfPath() {
  char buffer[4096];
  ssize_t count = readlink("/proc/self/exe", buffer, sizeof(buffer));
  if (count < 0) failErrno("reading /proc/self/exe", errno);
  return {buffer, size_t(count)};
}

}  // namespace stave::os
