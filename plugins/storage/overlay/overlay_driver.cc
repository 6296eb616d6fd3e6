#include "overlay_driver.h"

#include <fcntl.h>

#include "overlay_mount.h"
#include "stave/os/entry.h"

namespace stave::overlay {

namespace {

constexpr mode_t plainMode = 0755;

/// The root directory of a snapshot shows its own attributes, so it gets those of the nearest layer
/// that says what the root is like.
void copyRootAttributes(int target, const layer::Chain& below) {
  for (auto& link : below) {
    if (!link.rootNamed) continue;
    auto source = os::open(link.place.content(), O_PATH | O_DIRECTORY);
    auto info = os::statOf(source);
    os::setOwner(target, info.st_uid, info.st_gid);
    os::setMode(target, info.st_mode & 07777);
    for (auto& [attribute, value] : os::attributesAt(source, ".")) {
      os::setAttribute(target, attribute, value);
    }
    os::setModified(target, info.st_mtim);
    return;
  }
}

os::Fd makeContent(const layer::Place& place) {
  os::makeDirectoryAt(AT_FDCWD, place.content(), plainMode);
  auto content = os::open(place.content(), O_RDONLY | O_DIRECTORY);
  os::setMode(content, plainMode);
  return content;
}

}  // namespace

OverlayDriver::OverlayDriver(std::string statePath, bool isVolatile)
    : statePath_(std::move(statePath)), lowest_(statePath_ + "/empty"), isVolatile_(isVolatile) {
  os::makeDirectories(lowest_, plainMode);
}

void OverlayDriver::makeLayer(const layer::Place& place, const layer::Chain&) {
  makeContent(place);
}

void OverlayDriver::makeSnapshot(const layer::Place& place, const layer::Chain& below) {
  copyRootAttributes(makeContent(place), below);
  os::makeDirectoryAt(AT_FDCWD, place.path + "/work", 0700);
}

os::Fd OverlayDriver::mountSnapshot(const layer::Place& place, const layer::Chain& below,
                                    const os::IdMappings& mappings, bool readOnly) {
  // Two file systems on one upper directory would not see each other's changes: all mounts of a
  // snapshot are mounts of the first.
  std::lock_guard lock(mutex_);
  auto known = mounts_.find(place.path);
  if (known == mounts_.end()) {
    auto tree = mountOverlay({statePath_, below, lowest_, place.path, mappings, isVolatile_});
    known = mounts_.emplace(place.path, kj::mv(tree)).first;
  }
  return cloneMount(known->second, readOnly);
}

os::Fd OverlayDriver::mountChain(const layer::Chain& chain) {
  return mountOverlay({statePath_, chain, lowest_, "", {}, false});
}

std::vector<layer::Change> OverlayDriver::changes(const layer::Place& place,
                                                  const layer::Chain& below) {
  auto upper = os::open(place.content(), O_PATH | O_DIRECTORY);
  if (below.empty()) return layer::upperChanges(upper, nullptr);
  auto tree = mountChain(below);
  return layer::upperChanges(upper, tree);
}

void OverlayDriver::forget(const layer::Place& place) {
  std::lock_guard lock(mutex_);
  auto known = mounts_.find(place.path);
  if (known == mounts_.end()) return;
  leaving_.push_back(kj::mv(known->second));
  mounts_.erase(known);
}

/// The last descriptor of a mount ends an overlay, which syncs all of the file system below it.
void OverlayDriver::remove(const std::string& path) {
  std::vector<os::Fd> ended;
  {
    std::lock_guard lock(mutex_);
    ended.swap(leaving_);
  }
  ended.clear();
  os::removeTree(path);
}

}  // namespace stave::overlay
