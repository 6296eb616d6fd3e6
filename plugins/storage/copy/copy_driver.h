#pragma once

#include <stave/layer/driver.h>

namespace stave::copy {

/// Every layer and every snapshot is a complete tree of its own. Blocks are shared where the file
/// system can (XFS, Btrfs); anywhere else this costs the space of each.
class CopyDriver final : public layer::Driver {
 public:
  layer::Whiteouts whiteouts() const override { return layer::Whiteouts::apply; }
  void makeLayer(const layer::Place& place, const layer::Chain& below) override;
  void makeSnapshot(const layer::Place& place, const layer::Chain& below) override;
  os::Fd mountSnapshot(const layer::Place& place, const layer::Chain& below,
                       const os::IdMappings& mappings, bool readOnly) override;
  os::Fd mountChain(const layer::Chain& chain) override;
  std::vector<layer::Change> changes(const layer::Place& place, const layer::Chain& below) override;
  void remove(const std::string& path) override;
};

}  // namespace stave::copy
