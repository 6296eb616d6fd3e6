#pragma once

#include <string>

namespace stave::node {

/// If the file is compressed (gzip or zstd) it is replaced by what it holds. Blocks.
void inflateInPlace(const std::string& path);

}  // namespace stave::node
