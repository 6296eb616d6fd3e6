#pragma once

#include <stave/os/id_mapping.h>

#include <string>

namespace stave::layer {

/// A detached bind mount of a directory. With mappings the files appear with shifted owners; fails
/// [unsupported] when the file system below cannot do that.
os::Fd bindTree(const std::string& path, const os::IdMappings& mappings, bool readOnly);

}  // namespace stave::layer
