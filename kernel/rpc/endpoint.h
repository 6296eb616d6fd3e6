#pragma once

#include <kj/async-io.h>
#include <kj/function.h>
#include <stave/loop.h>
#include <stave/schema/kernel.capnp.h>

#include "kernel/config/config.h"
#include "kernel/rpc/rights.h"

namespace kj {
class TlsContext;
}

namespace stave::rpc {

/// Where clients connect: a Unix socket, and TCP with TLS if the configuration says so.
class Endpoint final : private kj::TaskSet::ErrorHandler {
 public:
  using Bootstrap = kj::Function<schema::Kernel::Client(Client)>;

  /// Each connection is given what `bootstrap` makes for its client.
  Endpoint(Loop& loop, const config::Config& config, Bootstrap bootstrap);
  ~Endpoint() noexcept(false);
  KJ_DISALLOW_COPY(Endpoint);

  /// Takes the socket's place, so that no second daemon comes up; clients wait until `listen`.
  /// Fails [conflict] if another daemon has it.
  void reserve();
  /// Begins to serve clients.
  void listen();

 private:
  kj::Promise<void> acceptUnix(kj::Own<kj::UnixEventPort::FdObserver> observer, int listener);
  kj::Promise<void> serveUnix(kj::AutoCloseFd socket);
  kj::Promise<void> listenTls(schema::TlsConfig::Reader config);
  kj::Promise<void> serveTls(kj::TlsContext& context, kj::AuthenticatedStream accepted);
  void taskFailed(kj::Exception&& exception) override;

  Loop& loop_;
  config::Config config_;
  Bootstrap bootstrap_;
  kj::AutoCloseFd listener_;
  kj::TaskSet tasks_;
};

}  // namespace stave::rpc
