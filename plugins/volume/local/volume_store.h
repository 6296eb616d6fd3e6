#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "volume_options.h"

namespace stave::local {

struct Volume {
  std::string name;
  int64_t created = 0;  ///< Unix time, nanoseconds
  OptionMap options;
};

/// The driver's directory:
///
///     volumes/NAME/  `record`, and `data` of a volume without options
///     staging/       being made or deleted
///
/// A volume appears and goes by one rename, and is safe from a power failure when `add` returns.
class VolumeStore {
 public:
  explicit VolumeStore(std::string path);

  /// What is there; removes what a crash left half made.
  std::vector<Volume> load();

  void add(const Volume& volume);
  void remove(const std::string& name);

  std::string dataPath(const std::string& name) const;

  /// Nothing was ever made in the data directory: it is empty and has the time that `add` gave it.
  bool neverHeldAnything(const Volume& volume) const;

 private:
  std::string stagingPath();

  std::string path_;
  std::atomic<uint64_t> counter_{0};
};

/// Fails [invalid] unless the name is letters, digits, "_", "." and "-", and begins with one of the
/// first two.
void requireGoodName(const std::string& name);

}  // namespace stave::local
