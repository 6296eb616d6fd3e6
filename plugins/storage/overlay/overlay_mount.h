#pragma once

#include <stave/layer/driver.h>
#include <stave/os/mount.h>

#include <string>

namespace stave::overlay {

/// Layers to put together.
struct Stack {
  std::string root;    ///< the directory that everything below lies in
  layer::Chain lower;  ///< nearest first
  std::string lowest;  ///< an empty directory: overlayfs wants two layers at least
  std::string top;     ///< the place of a snapshot; empty: read-only
  os::IdMappings mappings;
  bool isVolatile = false;
};

/// More layers the kernel does not take.
inline constexpr size_t maxLowerLayers = 499;

/// A new overlay file system and a detached mount of it.
os::Fd mountOverlay(const Stack& stack);

/// A detached mount of the same file system as `tree`.
os::Fd cloneMount(int tree, bool readOnly);

}  // namespace stave::overlay
