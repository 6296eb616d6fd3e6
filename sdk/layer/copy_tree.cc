#include <fcntl.h>
#include <kj/debug.h>

#include <map>

#include "stave/layer/change.h"
#include "stave/os/clone.h"
#include "stave/os/entry.h"

namespace stave::layer {

namespace {

class TreeCopy {
 public:
  explicit TreeCopy(int target) : root_(target) {}

  void copyContent(int from, int to, const std::string& path) {
    for (auto& name : os::namesIn(from)) {
      auto found = os::statAt(from, name);
      KJ_IF_MAYBE (info, found) {
        copyEntry(from, to, name, path + "/" + name, *info);
      }
    }
  }

  /// Everything but the content.
  static void copyAttributes(int from, int to, const std::string& name, const struct stat& info) {
    os::setOwnerAt(to, name, info.st_uid, info.st_gid);
    if (!S_ISLNK(info.st_mode)) os::setModeAt(to, name, info.st_mode & 07777);
    for (auto& [attribute, value] : os::attributesAt(from, name)) {
      os::setAttributeAt(to, name, attribute, value);
    }
    os::setModifiedAt(to, name, info.st_mtim);
  }

 private:
  void copyEntry(int from, int to, const std::string& name, const std::string& path,
                 const struct stat& info) {
    if (S_ISDIR(info.st_mode)) {
      os::makeDirectoryAt(to, name, 0700);
      copyContent(os::openAt(from, name, O_PATH | O_DIRECTORY | O_NOFOLLOW),
                  os::openAt(to, name, O_PATH | O_DIRECTORY | O_NOFOLLOW), path);
    } else if (linkedBefore(to, name, path, info)) {
      return;
    } else if (S_ISREG(info.st_mode)) {
      auto source = os::openAt(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      auto made = os::createFileAt(to, name, 0600);
      os::cloneContent(source, KJ_REQUIRE_NONNULL(made, "the target of a copy is not empty", path));
    } else if (S_ISLNK(info.st_mode)) {
      os::makeSymlinkAt(os::readLinkAt(from, name), to, name);
    } else {
      os::makeNodeAt(to, name, info.st_mode & (S_IFMT | 0600), info.st_rdev);
    }
    copyAttributes(from, to, name, info);
  }

  bool linkedBefore(int to, const std::string& name, const std::string& path,
                    const struct stat& info) {
    if (info.st_nlink < 2) return false;
    auto [first, isNew] = links_.emplace(std::make_pair(info.st_dev, info.st_ino), path);
    if (isNew) return false;
    os::makeLinkAt(root_, "." + first->second, to, name);
    return true;
  }

  int root_;
  std::map<std::pair<dev_t, ino_t>, std::string> links_;
};

}  // namespace

void copyTree(int from, int to) {
  TreeCopy copy(to);
  copy.copyContent(from, to, "");
  TreeCopy::copyAttributes(from, to, ".", os::statOf(from));
}

}  // namespace stave::layer
