#pragma once

#include <stave/os/file.h>
#include <sys/mount.h>

#include <cstdint>
#include <string>
#include <string_view>

/// Mounts as descriptors. A tree made here is detached: no mount table shows it until it is moved
/// to a place, and it goes away with the last descriptor. Every function throws (stave/error.h).
namespace stave::os {

/// A file system that is being configured, up to the mount of it. What the kernel had to say about
/// a parameter that it refused stands in the error.
///
///     auto tree = os::FsContext("overlay").set("lowerdir+", "/a").set("upperdir", "/b").mount();
class FsContext {
 public:
  explicit FsContext(const std::string& type);

  FsContext& set(const std::string& key, const std::string& value);
  FsContext& setFlag(const std::string& key);
  FsContext& setFd(const std::string& key, int fd);

  /// Makes the file system and a detached mount of it. `attributes`: MOUNT_ATTR_*. Once.
  Fd mount(uint64_t attributes = 0);

 private:
  void configure(unsigned command, const char* key, const void* value, int aux);
  [[noreturn]] void failConfigure(const std::string& attempted, int errorNumber);
  std::string messages();

  std::string type_;
  Fd context_;
};

/// A detached copy of what is mounted at `path`: a bind mount that is nowhere yet. With `recursive`
/// also what is mounted below. Works on any file or directory.
Fd cloneTree(const std::string& path, bool recursive);
Fd cloneTreeAt(int directory, const std::string& path, bool recursive);

/// A detached copy of the mount that `tree` (O_PATH) is the root of.
Fd cloneTree(int tree, bool recursive);

/// Puts a detached mount to a place, in the mount name space of the calling thread.
void moveMount(int tree, const std::string& target);
void moveMountAt(int tree, int directory, const std::string& target);

struct MountAttributes {
  uint64_t set = 0;  ///< MOUNT_ATTR_*
  uint64_t clear = 0;
  uint64_t propagation = 0;  ///< MS_PRIVATE, MS_SLAVE, MS_SHARED; 0: stays
  int userNamespace = -1;    ///< with MOUNT_ATTR_IDMAP: where the mapping is taken from
  bool recursive = false;
};

void setMountAttributes(int tree, const MountAttributes& attributes);
void setMountAttributesAt(const std::string& path, const MountAttributes& attributes);

/// umount2(2). Returns false when nothing is mounted there.
bool unmount(const std::string& path, int flags = 0);

}  // namespace stave::os
