#pragma once

#include <stave/os/unix_socket.h>

#include <string>

#include "kernel/config/config.h"

namespace stave::rpc {

enum class Rights { none, read, full };

/// Who is calling, and what they may.
struct Client {
  std::string name;  ///< "user/root", "certificate/alice", "plugin/api/docker"
  Rights rights = Rights::none;
};

/// From the peer's credentials. Root and the daemon's own user may all, and so may the members of
/// the socket's group; others what [[endpoint.rights]] says, the first entry that fits.
Client clientOf(const os::PeerCredentials& peer, schema::EndpointConfig::Reader config);

/// From the common name of a verified client certificate.
Client clientOf(const std::string& commonName, schema::EndpointConfig::Reader config);

}  // namespace stave::rpc
