#include "btrfs_driver.h"

#include <fcntl.h>
#include <stave/error.h>
#include <stave/layer/bind.h>
#include <stave/os/entry.h>

#include "subvolume.h"

namespace stave::btrfs {

namespace {

constexpr mode_t plainMode = 0755;

void makeContent(const layer::Place& place, const layer::Chain& below) {
  if (!below.empty()) return snapshotSubvolume(below.front().place.content(), place.content());
  createSubvolume(place.content());
  os::setModeAt(AT_FDCWD, place.content(), plainMode);
}

}  // namespace

BtrfsDriver::BtrfsDriver(const std::string& statePath) {
  if (isBtrfs(statePath)) return;
  fail(ErrorCode::UNSUPPORTED, statePath +
                                   " does not lie on Btrfs: mount one there, or use the overlay "
                                   "or copy driver");
}

void BtrfsDriver::makeLayer(const layer::Place& place, const layer::Chain& below) {
  makeContent(place, below);
}

void BtrfsDriver::makeSnapshot(const layer::Place& place, const layer::Chain& below) {
  makeContent(place, below);
}

os::Fd BtrfsDriver::mountSnapshot(const layer::Place& place, const layer::Chain&,
                                  const os::IdMappings& mappings, bool readOnly) {
  return layer::bindTree(place.content(), mappings, readOnly);
}

os::Fd BtrfsDriver::mountChain(const layer::Chain& chain) {
  return layer::bindTree(chain.front().place.content(), {}, true);
}

std::vector<layer::Change> BtrfsDriver::changes(const layer::Place& place,
                                                const layer::Chain& below) {
  auto after = os::open(place.content(), O_PATH | O_DIRECTORY);
  if (below.empty()) return layer::upperChanges(after, nullptr);
  return layer::compareTrees(os::open(below.front().place.content(), O_PATH | O_DIRECTORY), after);
}

void BtrfsDriver::remove(const std::string& path) {
  layer::Place place{path};
  if (isSubvolume(place.content())) deleteSubvolume(place.content());
  os::removeTree(path);
}

}  // namespace stave::btrfs
