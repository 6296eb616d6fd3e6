#pragma once

#include <stave/os/file.h>

#include <cstdint>
#include <string>
#include <vector>

/// Directories of cgroups, and the programs that guard their devices.
namespace stave::os {

/// Returns false when it exists, or the directory that it should be in does not.
bool makeGroup(const std::string& directory);

/// Returns false while processes or groups are in it. Gone already: true.
bool removeGroup(const std::string& directory);

/// Names of the groups directly below; none if it is gone.
std::vector<std::string> childGroups(const std::string& directory);

/// One instruction of a program for the kernel, laid out as struct bpf_insn.
struct BpfInstruction {
  uint8_t code;
  uint8_t registers;  ///< the source in the high half, the target in the low one
  int16_t offset;
  int32_t immediate;
};

/// Lets a program decide on each use of a device in a cgroup (version 2), instead of the one that
/// did before. It stays with the cgroup. Returns the program. Fails [unsupported] when the kernel
/// does not do this.
Fd guardDevices(int group, const std::vector<BpfInstruction>& program);

}  // namespace stave::os
