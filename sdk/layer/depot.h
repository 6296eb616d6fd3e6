#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "background.h"
#include "stave/layer/driver.h"

namespace stave::layer {

class Depot;

/// A place that is being made and that nobody can see yet. It is thrown away unless it is
/// published.
class Staged {
 public:
  Staged(Depot& depot, std::string path) : depot_(&depot), place_{std::move(path)} {}
  Staged(Staged&& other) noexcept : depot_(other.depot_), place_(std::move(other.place_)) {
    other.depot_ = nullptr;
  }
  ~Staged() noexcept;

  const Place& place() const { return place_; }

 private:
  friend class Depot;
  Depot* depot_;
  Place place_;
};

/// The state directory of a storage driver:
///
///     layers/HEX/      a layer: `record`, `fs`, and `durable` once it survives a power failure
///     snapshots/NAME/  a snapshot: `record`, `fs`, and what the driver needs
///     staging/N/       being made
///     trash/N/         being deleted
///
/// Things appear and go by one rename. All of it may be called from any thread.
class Depot {
 public:
  /// `onFailure` hears of what goes wrong in the background.
  Depot(std::string path, Driver& driver, std::function<void(const kj::Exception&)> onFailure);

  struct Content {
    std::vector<LayerRecord> layers;
    std::vector<SnapshotRecord> snapshots;
    std::vector<std::string> damaged;  ///< what was thrown away, and why
  };
  /// What is there; once, at the start. Throws away what a crash left half made.
  Content load();

  Staged stage();
  void publish(Staged staged, const LayerRecord& record);
  void publish(Staged staged, const SnapshotRecord& record);

  Place layerPlace(const std::string& chainId) const;
  Place snapshotPlace(const std::string& name) const;

  /// Out of sight when it returns; deleted in the background. Not there: fine.
  void discard(const Place& place);

  /// Sets the time of last use.
  void touch(const std::string& chainId);

  const std::string& path() const { return path_; }
  void drain();  ///< waits for the background

 private:
  LayerRecord loadLayer(const std::string& name);
  template <typename Load>
  void loadAll(const std::string& folder, Content& content, Load load);
  void makeDurable(const std::string& chainId);
  std::string unique(const char* folder);

  std::string path_;
  Driver& driver_;
  std::string bootId_;
  std::atomic<uint64_t> counter_{0};
  Background remover_;
  Background syncer_;
};

/// The name of a layer's directory: the chain id's digits. Fails [invalid] when it is no digest.
std::string hexOf(const std::string& chainId);

int64_t now();

}  // namespace stave::layer
