#pragma once

#include <stave/layer/driver.h>

#include <string>

namespace stave::btrfs {

/// The content of every layer and snapshot is a subvolume; one on top of another begins as a
/// snapshot of it, which costs the same however large it is.
class BtrfsDriver final : public layer::Driver {
 public:
  /// Fails [unsupported] when the state does not lie on Btrfs.
  explicit BtrfsDriver(const std::string& statePath);

  layer::Whiteouts whiteouts() const override { return layer::Whiteouts::apply; }
  void makeLayer(const layer::Place& place, const layer::Chain& below) override;
  void makeSnapshot(const layer::Place& place, const layer::Chain& below) override;
  os::Fd mountSnapshot(const layer::Place& place, const layer::Chain& below,
                       const os::IdMappings& mappings, bool readOnly) override;
  os::Fd mountChain(const layer::Chain& chain) override;
  std::vector<layer::Change> changes(const layer::Place& place, const layer::Chain& below) override;
  void remove(const std::string& path) override;
};

}  // namespace stave::btrfs
