#include "copy_driver.h"

#include <fcntl.h>

#include "stave/layer/bind.h"
#include "stave/os/entry.h"

namespace stave::copy {

namespace {

constexpr mode_t plainMode = 0755;

void makeContent(const layer::Place& place, const layer::Chain& below) {
  os::makeDirectoryAt(AT_FDCWD, place.content(), plainMode);
  auto content = os::open(place.content(), O_RDONLY | O_DIRECTORY);
  os::setMode(content, plainMode);
  if (below.empty()) return;
  layer::copyTree(os::open(below.front().place.content(), O_RDONLY | O_DIRECTORY), content);
}

}  // namespace

void CopyDriver::makeLayer(const layer::Place& place, const layer::Chain& below) {
  makeContent(place, below);
}

void CopyDriver::makeSnapshot(const layer::Place& place, const layer::Chain& below) {
  makeContent(place, below);
}

os::Fd CopyDriver::mountSnapshot(const layer::Place& place, const layer::Chain&,
                                 const os::IdMappings& mappings, bool readOnly) {
  return layer::bindTree(place.content(), mappings, readOnly);
}

os::Fd CopyDriver::mountChain(const layer::Chain& chain) {
  return layer::bindTree(chain.front().place.content(), {}, true);
}

std::vector<layer::Change> CopyDriver::changes(const layer::Place& place,
                                               const layer::Chain& below) {
  auto after = os::open(place.content(), O_PATH | O_DIRECTORY);
  if (below.empty()) return layer::upperChanges(after, nullptr);
  return layer::compareTrees(os::open(below.front().place.content(), O_PATH | O_DIRECTORY), after);
}

void CopyDriver::remove(const std::string& path) {
  os::removeTree(path);
}

}  // namespace stave::copy
