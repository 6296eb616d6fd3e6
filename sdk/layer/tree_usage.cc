#include "tree_usage.h"

#include <fcntl.h>

#include <unordered_set>

#include "stave/error.h"
#include "stave/os/entry.h"

namespace stave::layer {

namespace {

class UsageWalk {
 public:
  void add(int directory, const std::string& name) {
    auto found = os::statAt(directory, name);
    KJ_IF_MAYBE (info, found) {
      if (!S_ISDIR(info->st_mode)) return count(*info);
      count(*info);
      auto below = os::openInRoot(directory, name, O_PATH | O_DIRECTORY | O_NOFOLLOW);
      KJ_IF_MAYBE (fd, below) {
        for (auto& child : os::namesIn(*fd)) add(*fd, child);
      }
    }
  }

  const TreeUsage& total() const { return total_; }

 private:
  void count(const struct stat& info) {
    if (!S_ISDIR(info.st_mode) && info.st_nlink > 1 && !linked_.insert(info.st_ino).second) return;
    total_.bytes += uint64_t(info.st_blocks) * 512;
    total_.inodes++;
  }

  TreeUsage total_;
  std::unordered_set<ino_t> linked_;
};

}  // namespace

TreeUsage usageOfPath(const std::string& path) {
  UsageWalk walk;
  try {
    walk.add(os::open(path, O_PATH | O_DIRECTORY), ".");
  } catch (const kj::Exception& exception) {
    if (codeOf(exception) != ErrorCode::NOT_FOUND) throw;
  }
  return walk.total();
}

}  // namespace stave::layer
