#pragma once

#include <stave/layer/driver.h>

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace stave::overlay {

/// Each layer in a directory of its own; overlayfs puts them together. The README says which of its
/// options are used and why.
class OverlayDriver final : public layer::Driver {
 public:
  OverlayDriver(std::string statePath, bool isVolatile);

  layer::Whiteouts whiteouts() const override { return layer::Whiteouts::overlay; }
  void makeLayer(const layer::Place& place, const layer::Chain& below) override;
  void makeSnapshot(const layer::Place& place, const layer::Chain& below) override;
  os::Fd mountSnapshot(const layer::Place& place, const layer::Chain& below,
                       const os::IdMappings& mappings, bool readOnly) override;
  os::Fd mountChain(const layer::Chain& chain) override;
  std::vector<layer::Change> changes(const layer::Place& place, const layer::Chain& below) override;
  void forget(const layer::Place& place) override;
  void remove(const std::string& path) override;

 private:
  std::string statePath_;
  std::string lowest_;
  bool isVolatile_;
  std::mutex mutex_;
  std::map<std::string, os::Fd> mounts_;  // one file system for each snapshot, by place
  std::vector<os::Fd> leaving_;           // of snapshots that are being removed
};

}  // namespace stave::overlay
