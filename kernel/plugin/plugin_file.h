#pragma once

#include "kernel/config/config.h"

namespace stave::plugin {

/// Fails [not-found] if the plug-in's file does not exist: with the key that names it and where
/// that stands, where it was looked for, and the nearest plug-in that is there.
void requirePluginFile(const config::PluginConfig& config);

}  // namespace stave::plugin
