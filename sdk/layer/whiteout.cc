#include "whiteout.h"

#include <fcntl.h>

#include "stave/error.h"
#include "stave/layer/rooted_writer.h"

namespace stave::layer {

bool isOverlayAttribute(std::string_view attribute) {
  return attribute.starts_with("trusted.overlay.");
}

bool RootedWriter::addWhiteout(const Place& place) {
  if (!place.name.starts_with(whiteoutPrefix)) return false;
  if (place.name == opaqueName) {
    hideContent(parentOf(place.path));
    return true;
  }
  // Names that only the old aufs driver understood; nothing of the file system.
  if (place.name.starts_with(auxiliaryPrefix)) return true;
  auto hidden = place.name.substr(whiteoutPrefix.size());
  if (hidden.empty() || hidden == "." || hidden == "..") {
    fail(ErrorCode::INVALID, "it is a whiteout of nothing");
  }
  auto parent = parentOf(place.path);
  hide({place.directory, hidden, parent.empty() ? hidden : parent + "/" + hidden});
  return true;
}

/// Deletes what layers below have at this place. What this layer itself has made there stays, in
/// whichever order the two come.
void RootedWriter::hide(const Place& place) {
  auto found = os::statAt(place.in(), place.name);
  bool directory = false;
  KJ_IF_MAYBE (info, found) {
    directory = S_ISDIR(info->st_mode);
  }
  if (whiteouts_ == Whiteouts::overlay) {
    if (found == nullptr) os::makeNodeAt(place.in(), place.name, S_IFCHR, 0);
    if (directory) hideContent(place.path);
    return;
  }
  if (found == nullptr) return;
  if (!madeHere(place.path)) {
    clear(place);
  } else if (directory) {
    hideContent(place.path);
  }
}

/// Deletes what layers below have inside a directory.
void RootedWriter::hideContent(const std::string& path) {
  auto directory = directoryAt(path);
  if (whiteouts_ == Whiteouts::overlay) {
    if (!path.empty()) os::setAttributeAt(*directory, ".", opaqueAttribute, "y");
    if (path.empty()) rootOpaque_ = true;
    return;
  }
  for (auto& name : os::namesIn(*directory)) {
    hide({directory, name, path.empty() ? name : path + "/" + name});
  }
}

/// Whether this layer has made it or something below it.
bool RootedWriter::madeHere(const std::string& path) const {
  if (made_.count(path) != 0) return true;
  auto below = made_.lower_bound(path + "/");
  return below != made_.end() && below->starts_with(path + "/");
}

}  // namespace stave::layer
