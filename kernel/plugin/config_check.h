#pragma once

#include <string>
#include <vector>

#include <stave/loop.h>

#include "kernel/config/config.h"

namespace stave::plugin {

/// Loads every plug-in of the stack, starts none, and has each look at its settings. Returns what
/// is wrong, a line each; nothing if the stack would start.
std::vector<std::string> checkConfig(Loop& loop, const config::Config& config);

}  // namespace stave::plugin
