#pragma once

#include <stave/os/cgroup.h>

#include <vector>

#include "cgroup.h"

namespace stave::native {

/// The program by which version 2 cgroups let a process use only some devices: each rule that
/// matches in type, numbers and all wanted permissions allows; nothing else does.
std::vector<os::BpfInstruction> deviceProgram(const std::vector<DeviceRule>& allowed);

}  // namespace stave::native
