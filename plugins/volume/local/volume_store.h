#pragma once

#include <stave/directory_set.h>

#include <string>
#include <vector>

#include "volume_options.h"

namespace stave::local {

struct Volume {
  std::string name;
  int64_t created = 0;  ///< Unix time, nanoseconds
  OptionMap options;
};

/// The driver's directory: a DirectorySet whose volumes each have a `record`, and `data` where a
/// volume without options lies.
class VolumeStore {
 public:
  explicit VolumeStore(const std::string& path) : set_("volume", path) {}

  std::vector<Volume> load();

  /// Safe from a power failure when it returns. Fails [invalid] for a name that is no file's, and
  /// [unavailable] while another of the name is there.
  void add(const Volume& volume);
  void remove(const std::string& name) { set_.remove(name); }

  std::string dataPath(const std::string& name) const { return set_.pathOf(name) + "/data"; }

  /// Nothing was ever made in the data directory.
  bool neverHeldAnything(const Volume& volume) const;

  /// Keeps the volume from being removed.
  std::shared_ptr<const void> use(const std::string& name) { return set_.use(name); }
  bool inUse(const std::string& name) { return set_.inUse(name); }

 private:
  DirectorySet set_;
};

}  // namespace stave::local
