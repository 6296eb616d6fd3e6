#pragma once

#include <string_view>

namespace stave::layer {

/// A file of this name in a layer deletes the one without the prefix.
inline constexpr std::string_view whiteoutPrefix = ".wh.";

/// A file of this name deletes everything in its directory.
inline constexpr std::string_view opaqueName = ".wh..wh..opq";

/// Other names that begin so are bookkeeping of aufs.
inline constexpr std::string_view auxiliaryPrefix = ".wh..wh.";

/// What overlayfs takes for the same as `opaqueName`.
inline constexpr const char* opaqueAttribute = "trusted.overlay.opaque";

/// Whether overlayfs gives the attribute a meaning of its own.
bool isOverlayAttribute(std::string_view attribute);

}  // namespace stave::layer
