#include "adopt.h"

#include <fcntl.h>
#include <kj/debug.h>

#include "stave/os/entry.h"
#include "whiteout.h"

namespace stave::layer {

bool adoptDirectory(int root, const std::string& path, int other) {
  auto source = os::openInRoot(other, path, O_PATH | O_NOFOLLOW);
  auto target = os::openInRoot(root, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (source == nullptr || target == nullptr) return false;
  auto& from = KJ_REQUIRE_NONNULL(source);
  auto& to = KJ_REQUIRE_NONNULL(target);
  auto info = os::statOf(from);
  if (!S_ISDIR(info.st_mode)) return false;
  os::setOwner(to, info.st_uid, info.st_gid);
  os::setMode(to, info.st_mode & 07777);
  for (auto& [attribute, value] : os::attributesAt(from, ".")) {
    if (!isOverlayAttribute(attribute)) os::setAttribute(to, attribute, value);
  }
  os::setModified(to, info.st_mtim);
  return true;
}

}  // namespace stave::layer
