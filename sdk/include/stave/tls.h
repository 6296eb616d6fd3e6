#pragma once

#include <capnp/rpc-twoparty.h>
#include <kj/async-io.h>
#include <stave/task.h>

#include <memory>
#include <string>
#include <string_view>

/// A kernel on another machine: Cap'n Proto over TCP with TLS, both sides with a certificate. In a
/// library of its own (stave::tls), so that only who needs it carries OpenSSL. Descriptors do not
/// cross such a connection.
namespace stave {

struct TlsOptions {
  std::string authority;    ///< PEM file: who may have signed the daemon's certificate
  std::string certificate;  ///< PEM file: who this client is
  std::string key;          ///< PEM file: the certificate's
  std::string name;         ///< that the daemon's certificate must have; empty: the host's
};

/// Of "tls://HOST:PORT"; fails [invalid] if it is none. "tls://[::1]:7070" has the host "::1".
struct TlsAddress {
  explicit TlsAddress(std::string_view endpoint);
  std::string host;
  std::string port = "7070";
};

class TlsConnection {
 public:
  virtual ~TlsConnection() noexcept(false) = default;
  virtual capnp::Capability::Client peer() = 0;
  virtual kj::Promise<void> onDisconnect() = 0;
};

/// Fails [invalid] for files that are missing or hold something else, [unavailable] if nobody
/// answers there, [denied] if one side does not trust the other's certificate. Done when the daemon
/// has taken the connection.
Task<kj::Own<TlsConnection>> connectTls(kj::AsyncIoContext& io, std::string endpoint,
                                        TlsOptions options);

}  // namespace stave
