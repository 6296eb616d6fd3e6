#pragma once

#include <stave/os/file.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace stave::local {

/// As given at creation: `type`, `o` and `device`, with the meaning that mount(8) gives to -t, -o
/// and its first operand. None of them: a directory of the driver's own.
using OptionMap = std::map<std::string, std::string>;

/// What the options ask for.
struct MountPlan {
  enum Kind { directory, bind, fileSystem };
  Kind kind = directory;
  std::string type;
  std::string device;
  bool recursive = false;   ///< a bind mount of everything below too
  uint64_t attributes = 0;  ///< MOUNT_ATTR_*
  std::vector<std::pair<std::string, std::string>> parameters;  ///< for the file system
  std::vector<std::string> flags;                               ///< those without a value
};

/// Fails [invalid] for an unknown option, or ones that do not go together.
MountPlan planOf(const OptionMap& options);

/// Makes a bind mount or a new file system. Fails as the system does.
os::Fd mountPlanned(const MountPlan& plan);

}  // namespace stave::local
