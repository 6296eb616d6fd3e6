#pragma once

#include <capnp/rpc-twoparty.h>
#include <kj/async-unix.h>
#include <kj/io.h>

namespace stave {

/// A message stream over a Unix stream socket with batched writes (one sendmsg a turn of the loop),
/// buffered reads and descriptors.
kj::Own<capnp::MessageStream> newUnixMessageStream(kj::UnixEventPort& port, kj::AutoCloseFd socket);

/// One Cap'n Proto connection over a Unix socket. Each side may offer a bootstrap capability.
class Connection {
 public:
  /// `client`: this side opened the connection. The two sides must differ in it.
  Connection(kj::UnixEventPort& port, kj::AutoCloseFd socket, bool client,
             capnp::Capability::Client bootstrap);

  /// What the other side offers.
  capnp::Capability::Client peer();

  /// Done when the other side is gone.
  kj::Promise<void> onDisconnect() { return network_.onDisconnect(); }

 private:
  kj::Own<capnp::MessageStream> stream_;
  capnp::TwoPartyVatNetwork network_;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> rpc_;
};

}  // namespace stave
