#pragma once

#include <string>

namespace stave::os {

/// The machine's architecture as uname(2) names it: "x86_64", "aarch64", "armv7l".
std::string machineName();

}  // namespace stave::os
