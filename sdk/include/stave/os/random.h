#pragma once

#include <cstddef>
#include <string>

namespace stave::os {

/// Bytes from the system's generator, fit for identifiers that must not be guessed or met twice.
std::string randomBytes(size_t count);

}  // namespace stave::os
