#pragma once

#include <kj/io.h>

#include <string>

namespace stave::os {

/// Connects to a listening Unix socket; `path` beginning with @ is an abstract name. Fails
/// [invalid] for a path that is too long, else with the system's reason.
kj::AutoCloseFd connectLocalSocket(const std::string& path);

}  // namespace stave::os
