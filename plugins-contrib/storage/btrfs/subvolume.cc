#include "subvolume.h"

#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <linux/magic.h>
#include <stave/error.h>
#include <stave/os/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>
#include <cstring>

namespace stave::btrfs {

namespace {

/// The directory of `path`, and its last name in the arguments of a call.
template <typename Arguments>
os::Fd parentAndName(const std::string& path, Arguments& arguments) {
  auto slash = path.rfind('/');
  auto name = path.substr(slash + 1);
  if (name.size() >= sizeof(arguments.name))
    failErrno("naming the subvolume " + path, ENAMETOOLONG);
  memcpy(arguments.name, name.data(), name.size());
  return os::open(path.substr(0, slash), O_RDONLY | O_DIRECTORY);
}

}  // namespace

bool isBtrfs(const std::string& path) {
  struct statfs info;
  if (statfs(path.c_str(), &info) < 0) failErrno("asking for the file system of " + path, errno);
  return info.f_type == BTRFS_SUPER_MAGIC;
}

bool isSubvolume(const std::string& path) {
  struct stat info;
  if (lstat(path.c_str(), &info) < 0) return false;
  return S_ISDIR(info.st_mode) && info.st_ino == BTRFS_FIRST_FREE_OBJECTID;
}

void createSubvolume(const std::string& path) {
  btrfs_ioctl_vol_args_v2 arguments{};
  auto parent = parentAndName(path, arguments);
  if (ioctl(parent, BTRFS_IOC_SUBVOL_CREATE_V2, &arguments) < 0) {
    failErrno("creating the subvolume " + path, errno);
  }
}

void snapshotSubvolume(const std::string& source, const std::string& path) {
  btrfs_ioctl_vol_args_v2 arguments{};
  auto parent = parentAndName(path, arguments);
  auto from = os::open(source, O_RDONLY | O_DIRECTORY);
  arguments.fd = from.get();
  if (ioctl(parent, BTRFS_IOC_SNAP_CREATE_V2, &arguments) < 0) {
    failErrno("making the snapshot " + path + " of " + source, errno);
  }
}

void deleteSubvolume(const std::string& path) {
  btrfs_ioctl_vol_args arguments{};
  auto parent = parentAndName(path, arguments);
  if (ioctl(parent, BTRFS_IOC_SNAP_DESTROY, &arguments) < 0) {
    failErrno("deleting the subvolume " + path, errno);
  }
}

}  // namespace stave::btrfs
