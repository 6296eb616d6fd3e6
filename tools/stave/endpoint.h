#pragma once

#include <stave/tls.h>

#include <string>
#include <vector>

namespace stave::cli {

/// The daemon that is talked to.
struct Endpoint {
  std::string address = "unix:///run/stave/stave.sock";
  TlsOptions tls;

  bool isTls() const { return address.starts_with("tls://"); }
};

/// From the environment, and from the options before the command, which are taken off the words.
/// Throws UsageError.
Endpoint takeEndpoint(std::vector<std::string>& words);

}  // namespace stave::cli
