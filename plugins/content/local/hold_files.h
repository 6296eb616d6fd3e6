#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "hold_table.h"

namespace stave::local {

/// Persistent holds on disk: one file each below ROOT/holds, replaced atomically and durably.
///
/// The loop says what a name is to be; a worker thread makes it so. However the workers overtake
/// each other, what was wanted last is what is written last.
class HoldFiles {
 public:
  explicit HoldFiles(std::string root);

  /// Nothing: the hold is to be gone. Does not block.
  void want(const std::string& name, std::optional<HoldEntry> entry);

  /// Returns when what was wanted of this name, or something newer, is on disk.
  void flush(const std::string& name);

  /// A file that cannot be read is reported in `defects` and stays.
  std::vector<HoldEntry> load(std::vector<std::string>& defects) const;

 private:
  std::string pathOf(const std::string& name) const;
  void write(const std::string& name, const std::optional<HoldEntry>& entry) const;

  std::string root_;
  std::mutex writing_;  ///< held during a write; taken before the other
  std::mutex mutex_;    ///< guards wanted_
  std::map<std::string, std::optional<HoldEntry>> wanted_;
};

}  // namespace stave::local
