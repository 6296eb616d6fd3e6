#pragma once

#include <string>

namespace stave::layer {

/// Gives the directory `path` below `root` the owner, permissions, time and attributes that it has
/// below `other`. False when it is no directory there.
bool adoptDirectory(int root, const std::string& path, int other);

}  // namespace stave::layer
