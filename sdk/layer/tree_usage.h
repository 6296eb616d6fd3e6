#pragma once

#include <cstdint>
#include <string>

namespace stave::layer {

struct TreeUsage {
  uint64_t bytes = 0;   ///< allocated on the disk, hard links once
  uint64_t inodes = 0;  ///< with the directory itself
};

/// What a directory and all below it occupies. Things that vanish meanwhile do not count.
TreeUsage usageOfPath(const std::string& path);

}  // namespace stave::layer
