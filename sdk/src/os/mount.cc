#include <stave/error.h>
#include <stave/os/mount.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace stave::os {

namespace {

/// What stands before the text of one line of a file system context's log: "e ", "w " or "i ".
constexpr size_t severityLength = 2;

std::string nameOf(int directory, const std::string& path) {
  if (directory == AT_FDCWD || path.starts_with('/')) return path;
  return path + " below descriptor " + std::to_string(directory);
}

unsigned treeFlags(bool recursive) {
  return OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0u);
}

void applyAttributes(int directory, const char* path, unsigned flags, const std::string& name,
                     const MountAttributes& attributes) {
  mount_attr request{};
  request.attr_set = attributes.set;
  request.attr_clr = attributes.clear;
  request.propagation = attributes.propagation;
  if (attributes.userNamespace >= 0) request.userns_fd = attributes.userNamespace;
  if (attributes.recursive) flags |= AT_RECURSIVE;
  if (mount_setattr(directory, path, flags, &request, sizeof(request)) < 0) {
    failErrno("setting attributes of the mount " + name, errno);
  }
}

}  // namespace

FsContext::FsContext(const std::string& type) : type_(type) {
  int fd = fsopen(type.c_str(), FSOPEN_CLOEXEC);
  if (fd < 0) {
    int error = errno;
    if (error == ENODEV) {
      fail(ErrorCode::UNSUPPORTED, "this kernel has no file system of type \"" + type + "\"");
    }
    failErrno("opening the file system type \"" + type + "\"", error);
  }
  context_ = Fd(fd);
}

FsContext& FsContext::set(const std::string& key, const std::string& value) {
  configure(FSCONFIG_SET_STRING, key.c_str(), value.c_str(), 0);
  return *this;
}

FsContext& FsContext::setFlag(const std::string& key) {
  configure(FSCONFIG_SET_FLAG, key.c_str(), nullptr, 0);
  return *this;
}

FsContext& FsContext::setFd(const std::string& key, int fd) {
  configure(FSCONFIG_SET_FD, key.c_str(), nullptr, fd);
  return *this;
}

Fd FsContext::mount(uint64_t attributes) {
  configure(FSCONFIG_CMD_CREATE, nullptr, nullptr, 0);
  int fd = fsmount(context_, FSMOUNT_CLOEXEC, static_cast<unsigned>(attributes));
  if (fd < 0) failConfigure("mounting a file system of type \"" + type_ + "\"", errno);
  return Fd(fd);
}

void FsContext::configure(unsigned command, const char* key, const void* value, int aux) {
  if (fsconfig(context_, command, key, value, aux) == 0) return;
  int error = errno;
  std::string attempted = "making a file system of type \"" + type_ + "\"";
  if (key != nullptr) attempted += std::string(", parameter \"") + key + "\"";
  if (command == FSCONFIG_SET_STRING) {
    attempted += std::string(" = \"") + static_cast<const char*>(value) + "\"";
  }
  failConfigure(attempted, error);
}

void FsContext::failConfigure(const std::string& attempted, int errorNumber) {
  std::string said = messages();
  failErrno(said.empty() ? attempted : attempted + " (the kernel says: " + said + ")", errorNumber);
}

std::string FsContext::messages() {
  std::string result;
  char line[1024];
  for (ssize_t size; (size = read(context_, line, sizeof(line))) > 0;) {
    std::string_view text(line, static_cast<size_t>(size));
    text.remove_prefix(std::min(severityLength, text.size()));
    while (text.ends_with('\n')) text.remove_suffix(1);
    if (!result.empty()) result += "; ";
    result += text;
  }
  return result;
}

Fd cloneTree(const std::string& path, bool recursive) {
  return cloneTreeAt(AT_FDCWD, path, recursive);
}

Fd cloneTreeAt(int directory, const std::string& path, bool recursive) {
  int fd = open_tree(directory, path.c_str(), treeFlags(recursive));
  if (fd < 0) failErrno("taking a detached mount of " + nameOf(directory, path), errno);
  return Fd(fd);
}

Fd cloneTree(int tree, bool recursive) {
  int fd = open_tree(tree, "", treeFlags(recursive) | AT_EMPTY_PATH);
  if (fd < 0) failErrno("copying the mount of descriptor " + std::to_string(tree), errno);
  return Fd(fd);
}

void moveMount(int tree, const std::string& target) {
  moveMountAt(tree, AT_FDCWD, target);
}

void moveMountAt(int tree, int directory, const std::string& target) {
  if (move_mount(tree, "", directory, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) < 0) {
    failErrno("attaching a mount to " + nameOf(directory, target), errno);
  }
}

void setMountAttributes(int tree, const MountAttributes& attributes) {
  applyAttributes(tree, "", AT_EMPTY_PATH, "of descriptor " + std::to_string(tree), attributes);
}

void setMountAttributesAt(const std::string& path, const MountAttributes& attributes) {
  applyAttributes(AT_FDCWD, path.c_str(), 0, path, attributes);
}

bool unmount(const std::string& path, int flags) {
  if (umount2(path.c_str(), flags) == 0) return true;
  if (errno == EINVAL || errno == ENOENT) return false;
  failErrno("unmounting " + path, errno);
}

}  // namespace stave::os
