#include <fcntl.h>
#include <kj/debug.h>

#include <algorithm>

#include "stave/layer/change.h"
#include "stave/os/entry.h"
#include "whiteout.h"

namespace stave::layer {

namespace {

std::string join(const std::string& parent, const std::string& name) {
  return parent.empty() ? name : parent + "/" + name;
}

os::Fd openDirectory(int parent, const std::string& name) {
  auto fd = os::openInRoot(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  return kj::mv(KJ_REQUIRE_NONNULL(fd, "a directory vanished while it was compared", name));
}

bool isWhiteout(const struct stat& info) {
  return S_ISCHR(info.st_mode) && info.st_rdev == 0;
}

bool isDirectory(const kj::Maybe<struct stat>& info) {
  KJ_IF_MAYBE (found, info) {
    return S_ISDIR(found->st_mode);
  }
  return false;
}

bool sameStat(const struct stat& a, const struct stat& b) {
  bool same = a.st_mode == b.st_mode && a.st_uid == b.st_uid && a.st_gid == b.st_gid &&
              a.st_rdev == b.st_rdev && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
              a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
  return same && (S_ISDIR(a.st_mode) || a.st_size == b.st_size);
}

class TreeComparison {
 public:
  void compare(int before, int after, const std::string& path) {
    auto old = os::namesIn(before);
    auto current = os::namesIn(after);
    for (auto& name : old) {
      if (!std::binary_search(current.begin(), current.end(), name))
        add(join(path, name), Change::deleted);
    }
    for (auto& name : current) compareEntry(before, after, name, join(path, name));
  }

  std::vector<Change> take() {
    sortChanges(changes_);
    return std::move(changes_);
  }

 private:
  void add(const std::string& path, Change::Kind kind) { changes_.push_back({path, kind}); }

  void compareEntry(int before, int after, const std::string& name, const std::string& path) {
    auto current = os::statAt(after, name);
    auto old = os::statAt(before, name);
    if (current == nullptr) return;  // it vanished since the listing
    if (old == nullptr) return addAll(after, name, path);
    bool bothDirectories = isDirectory(old) && isDirectory(current);
    auto known = changes_.size();
    if (bothDirectories) compare(openDirectory(before, name), openDirectory(after, name), path);
    bool same = known == changes_.size() &&
                sameStat(KJ_ASSERT_NONNULL(old), KJ_ASSERT_NONNULL(current)) &&
                sameContent(before, after, name, KJ_ASSERT_NONNULL(current));
    if (!same) add(path, Change::modified);
    if (!bothDirectories && isDirectory(current)) addBelow(openDirectory(after, name), path);
  }

  bool sameContent(int before, int after, const std::string& name, const struct stat& info) {
    if (S_ISLNK(info.st_mode) && os::readLinkAt(before, name) != os::readLinkAt(after, name))
      return false;
    return os::attributesAt(before, name) == os::attributesAt(after, name);
  }

  void addAll(int directory, const std::string& name, const std::string& path) {
    add(path, Change::added);
    if (isDirectory(os::statAt(directory, name))) addBelow(openDirectory(directory, name), path);
  }

  void addBelow(int directory, const std::string& path) {
    for (auto& name : os::namesIn(directory)) addAll(directory, name, join(path, name));
  }

  std::vector<Change> changes_;
};

/// Walks the upper directory of an overlay. `below` is null where nothing of the layers below is
/// seen.
class UpperWalk {
 public:
  void walk(int upper, kj::Maybe<const os::Fd&> below, const std::string& path) {
    for (auto& name : os::namesIn(upper)) {
      auto found = os::statAt(upper, name);
      KJ_IF_MAYBE (info, found) {
        visit(upper, below, name, join(path, name), *info);
      }
    }
  }

  std::vector<Change> take() {
    sortChanges(changes_);
    return std::move(changes_);
  }

 private:
  void add(const std::string& path, Change::Kind kind) { changes_.push_back({path, kind}); }

  static bool isOpaque(int upper, const std::string& name) {
    for (auto& [attribute, value] : os::attributesAt(upper, name)) {
      if (attribute == opaqueAttribute && value == "y") return true;
    }
    return false;
  }

  void visit(int upper, kj::Maybe<const os::Fd&> below, const std::string& name,
             const std::string& path, const struct stat& info) {
    kj::Maybe<struct stat> old;
    KJ_IF_MAYBE (directory, below) {
      old = os::statAt(*directory, name);
    }
    if (isWhiteout(info)) {
      if (old != nullptr) add(path, Change::deleted);
      return;
    }
    add(path, old == nullptr ? Change::added : Change::modified);
    if (!S_ISDIR(info.st_mode)) return;
    auto directory = openDirectory(upper, name);
    if (!isDirectory(old)) return walk(directory, nullptr, path);
    auto belowDirectory = openDirectory(KJ_ASSERT_NONNULL(below), name);
    if (isOpaque(upper, name)) {
      addReplaced(directory, belowDirectory, path);
    } else {
      walk(directory, belowDirectory, path);
    }
  }

  /// A directory that hides the one below it: what was in that one and is not in this is deleted.
  void addReplaced(int directory, const os::Fd& below, const std::string& path) {
    for (auto& name : os::namesIn(below)) {
      auto current = os::statAt(directory, name);
      bool gone = true;
      KJ_IF_MAYBE (info, current) {
        gone = isWhiteout(*info);
      }
      if (gone) add(join(path, name), Change::deleted);
    }
    for (auto& name : os::namesIn(directory)) {
      auto found = os::statAt(directory, name);
      KJ_IF_MAYBE (info, found) {
        if (isWhiteout(*info)) continue;
        bool replacesDirectory = S_ISDIR(info->st_mode) && isDirectory(os::statAt(below, name));
        add(join(path, name),
            os::statAt(below, name) == nullptr ? Change::added : Change::modified);
        if (!S_ISDIR(info->st_mode)) continue;
        auto child = openDirectory(directory, name);
        if (replacesDirectory) {
          addReplaced(child, openDirectory(below, name), join(path, name));
        } else {
          walk(child, nullptr, join(path, name));
        }
      }
    }
  }

  std::vector<Change> changes_;
};

}  // namespace

void sortChanges(std::vector<Change>& changes) {
  // "/" sorts before every other byte of a name, so that "a/b" comes before "a-b".
  auto key = [](char byte) { return byte == '/' ? 0 : int(uint8_t(byte)); };
  std::sort(changes.begin(), changes.end(), [&](const Change& a, const Change& b) {
    return std::lexicographical_compare(a.path.begin(), a.path.end(), b.path.begin(), b.path.end(),
                                        [&](char x, char y) { return key(x) < key(y); });
  });
}

std::vector<Change> compareTrees(int before, int after) {
  TreeComparison comparison;
  comparison.compare(before, after, "");
  return comparison.take();
}

std::vector<Change> upperChanges(int upper, kj::Maybe<const os::Fd&> below) {
  UpperWalk walk;
  walk.walk(upper, below, "");
  return walk.take();
}

}  // namespace stave::layer
