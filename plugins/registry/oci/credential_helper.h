#pragma once

#include <kj/async-io.h>
#include <kj/async-unix.h>
#include <stave/task.h>

#include <string>

namespace stave::oci {

/// Runs `docker-credential-NAME get` with the server on its standard input and returns what it
/// prints; nothing if it fails or takes longer than ten seconds. Fails [not-found] if there is no
/// such program.
Task<std::string> runCredentialHelper(kj::UnixEventPort& port,
                                      kj::LowLevelAsyncIoProvider& provider, kj::Timer& timer,
                                      std::string name, std::string server);

}  // namespace stave::oci
