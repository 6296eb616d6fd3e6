#pragma once

#include "stave/layer/stream.h"

namespace stave::layer {

/// How much compressed data is read at a time.
inline constexpr size_t compressedChunk = 128 << 10;

std::unique_ptr<ByteSource> newGunzip(std::unique_ptr<ByteSource> compressed);
std::unique_ptr<ByteSource> newUnzstd(std::unique_ptr<ByteSource> compressed);

}  // namespace stave::layer
