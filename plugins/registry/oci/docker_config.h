#pragma once

#include <kj/async-io.h>
#include <kj/async-unix.h>
#include <stave/task.h>

#include <optional>
#include <string>

#include "credentials.h"

namespace stave::oci {

/// What Docker's client configuration says about a registry.
struct ConfiguredLogin {
  Credentials credentials;  ///< from "auths"
  std::string helper;  ///< "docker-credential-" + this has them, from "credHelpers" or "credsStore"
  std::string server;  ///< the name under which the helper knows it
};

/// `text`: of a config.json. Fails [invalid] with what is wrong.
ConfiguredLogin findLogin(const std::string& text, const std::string& domain,
                          const std::string& file);

/// Credentials from the reply of a helper; nothing if it knows none.
std::optional<Credentials> parseHelperReply(const std::string& reply);

/// Looks into the file, and asks a helper if it says so. Empty credentials if there is nothing.
Task<Credentials> lookUpCredentials(kj::UnixEventPort& port, kj::LowLevelAsyncIoProvider& provider,
                                    kj::Timer& timer, std::string file, std::string domain);

}  // namespace stave::oci
