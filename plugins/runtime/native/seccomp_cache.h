#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "seccomp_profile.h"

namespace stave::native {

/// Filter programs that were made before: making one takes longer than starting a container. Kept
/// in memory and in files, so that a new instance of the plug-in has them at once. Used from any
/// thread.
class SeccompCache {
 public:
  /// `directory` is made if missing; empty: memory only.
  explicit SeccompCache(std::string directory);

  /// The program for a profile (Docker's JSON; empty: the default one).
  std::shared_ptr<const BpfProgram> get(const std::string& profile, CapabilitySet capabilities);

 private:
  static constexpr size_t mostPrograms = 64;

  std::shared_ptr<const BpfProgram> load(const std::string& key) const;
  void store(const std::string& key, const BpfProgram& program) const;

  std::string directory_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const BpfProgram>> programs_;
};

}  // namespace stave::native
