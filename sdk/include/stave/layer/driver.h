#pragma once

#include <stave/layer/change.h>
#include <stave/layer/rooted_writer.h>
#include <stave/os/id_mapping.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

/// What differs between storage drivers, below a service that is the same for all
/// (storage_service.h).
namespace stave::layer {

/// Times are Unix time in nanoseconds.
struct LayerRecord {
  std::string chainId;
  std::string parent;
  std::string diffId;
  uint64_t bytes = 0;
  int64_t created = 0;
  int64_t lastUsed = 0;
  bool rootNamed = false;   ///< the layer says what the root directory is like
  bool rootOpaque = false;  ///< nothing below it is seen
};

struct SnapshotRecord {
  std::string name;
  std::string parent;
  int64_t created = 0;
  os::IdMappings mappings;
  std::vector<std::pair<std::string, std::string>> labels;
};

/// The directory of one layer or snapshot. Its files are below `content()`; beside it a driver
/// keeps what it needs.
struct Place {
  std::string path;
  std::string content() const { return path + "/fs"; }
};

struct ChainLink {
  Place place;
  bool rootNamed;
};

/// The layers that something stands on, the nearest first; down to one that hides all below it.
using Chain = std::vector<ChainLink>;

/// Everything blocks, is called on worker threads, and several calls may be under way at once,
/// though never two that make or remove the same place.
class Driver {
 public:
  virtual ~Driver() noexcept(false) = default;

  /// Whiteouts::overlay: a layer's place holds that layer alone, so it needs no parent to be made.
  virtual Whiteouts whiteouts() const = 0;

  /// Makes `place.content()`, into which a layer will be unpacked. `below` is empty unless
  /// whiteouts() is Whiteouts::apply; then it begins with what its parent's content is.
  virtual void makeLayer(const Place& place, const Chain& below) = 0;

  virtual void makeSnapshot(const Place& place, const Chain& below) = 0;

  /// A fresh detached mount of the snapshot at `place` that stands on `below`.
  virtual os::Fd mountSnapshot(const Place& place, const Chain& below,
                               const os::IdMappings& mappings, bool readOnly) = 0;

  /// A fresh detached mount of a chain, read-only. It has one layer or more.
  virtual os::Fd mountChain(const Chain& chain) = 0;

  /// What the layer or snapshot at `place` changes of `below`, sorted by path. The content of what
  /// was not deleted is found below `place.content()`.
  virtual std::vector<Change> changes(const Place& place, const Chain& below) = 0;

  /// Last words before the place is renamed and removed: another may come at the same path. Called
  /// on the service's own thread, so what blocks is left to `remove`.
  virtual void forget(const Place& place) {}

  /// Deletes a whole place.
  virtual void remove(const std::string& path) = 0;
};

}  // namespace stave::layer
