#include "stave/os/entry.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "stave/error.h"

namespace stave::os {

namespace {

constexpr int renameRaceAttempts = 16;

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};

void check(int result, const char* attempted, const std::string& name) {
  if (result < 0) failErrno(std::string(attempted) + " " + name, errno);
}

void removeBelow(int directory, const std::string& name) {
  int raw = openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (raw < 0 && errno == ENOENT) return;
  check(raw, "opening to remove", name);
  Fd fd(raw);
  for (auto& child : namesIn(fd)) removeAt(fd, child);
  if (unlinkat(directory, name.c_str(), AT_REMOVEDIR) < 0 && errno != ENOENT) {
    failErrno("removing directory " + name, errno);
  }
}

}  // namespace

kj::Maybe<Fd> openInRoot(int root, const std::string& path, int flags) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  const char* name = path.empty() ? "." : path.c_str();
  for (int attempt = 0;; attempt++) {
    int fd = syscall(SYS_openat2, root, name, &how, sizeof(how));
    if (fd >= 0) return Fd(fd);
    if (errno == ENOENT) return nullptr;
    // The kernel gives up when something was renamed during the walk.
    if ((errno == EAGAIN || errno == EINTR) && attempt < renameRaceAttempts) continue;
    if (errno == ENOTDIR || errno == ELOOP || errno == ENAMETOOLONG || errno == EXDEV) {
      fail(ErrorCode::INVALID, "opening " + path + " inside its root: " + strerror(errno));
    }
    failErrno("opening " + path + " inside its root", errno);
  }
}

kj::Maybe<Fd> createFileAt(int directory, const std::string& name, mode_t mode) {
  int fd =
      openat(directory, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  if (fd < 0 && errno == EEXIST) return nullptr;
  check(fd, "creating file", name);
  return Fd(fd);
}

kj::Maybe<struct stat> statAt(int directory, const std::string& name) {
  struct stat info;
  if (fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) return info;
  if (errno == ENOENT || errno == ENOTDIR) return nullptr;
  failErrno("reading " + name, errno);
}

struct stat statOf(int fd) {
  struct stat info;
  check(fstat(fd, &info), "reading", "descriptor " + std::to_string(fd));
  return info;
}

bool makeDirectoryAt(int directory, const std::string& name, mode_t mode) {
  if (mkdirat(directory, name.c_str(), mode) == 0) return true;
  if (errno == EEXIST) return false;
  failErrno("making directory " + name, errno);
}

void makeSymlinkAt(const std::string& target, int directory, const std::string& name) {
  check(symlinkat(target.c_str(), directory, name.c_str()), "making symbolic link", name);
}

void makeNodeAt(int directory, const std::string& name, mode_t mode, dev_t device) {
  check(mknodat(directory, name.c_str(), mode, device), "making special file", name);
}

void makeLinkAt(int fromDirectory, const std::string& fromName, int directory,
                const std::string& name) {
  check(linkat(fromDirectory, fromName.c_str(), directory, name.c_str(), 0), "making hard link",
        name + " to " + fromName);
}

std::string readLinkAt(int directory, const std::string& name) {
  char buffer[4096];
  ssize_t count = readlinkat(directory, name.c_str(), buffer, sizeof(buffer));
  check(count, "reading symbolic link", name);
  return {buffer, size_t(count)};
}

void removeAt(int directory, const std::string& name) {
  if (unlinkat(directory, name.c_str(), 0) == 0 || errno == ENOENT) return;
  if (errno != EISDIR && errno != EPERM) failErrno("removing " + name, errno);
  removeBelow(directory, name);
}

std::vector<std::string> namesIn(int directory) {
  // A descriptor of its own: one opened with O_PATH cannot be read, and reading moves the position.
  auto fd = openAt(directory, ".", O_RDONLY | O_DIRECTORY);
  std::unique_ptr<DIR, CloseDirectory> stream(fdopendir(fd.get()));
  if (stream == nullptr) failErrno("listing a directory", errno);
  fd.release();
  std::vector<std::string> names;
  while (auto* entry = readdir(stream.get())) {
    std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

void setOwner(int fd, uid_t uid, gid_t gid) {
  check(fchown(fd, uid, gid), "setting the owner of", "descriptor " + std::to_string(fd));
}

void setOwnerAt(int directory, const std::string& name, uid_t uid, gid_t gid) {
  check(fchownat(directory, name.c_str(), uid, gid, AT_SYMLINK_NOFOLLOW), "setting the owner of",
        name);
}

void setMode(int fd, mode_t mode) {
  check(fchmod(fd, mode), "setting the permissions of", "descriptor " + std::to_string(fd));
}

void setModeAt(int directory, const std::string& name, mode_t mode) {
  check(fchmodat(directory, name.c_str(), mode, 0), "setting the permissions of", name);
}

void setModified(int fd, timespec modified) {
  timespec times[2] = {modified, modified};
  check(futimens(fd, times), "setting the time of", "descriptor " + std::to_string(fd));
}

void setModifiedAt(int directory, const std::string& name, timespec modified) {
  timespec times[2] = {modified, modified};
  check(utimensat(directory, name.c_str(), times, AT_SYMLINK_NOFOLLOW), "setting the time of",
        name);
}

void syncFileSystem(int fd) {
  check(syncfs(fd), "syncing the file system of", "descriptor " + std::to_string(fd));
}

}  // namespace stave::os
