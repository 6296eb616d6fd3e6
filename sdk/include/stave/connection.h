#pragma once

#include <capnp/rpc-twoparty.h>
#include <kj/async-unix.h>
#include <kj/io.h>

namespace stave {

/// A message stream over a Unix stream socket with batched writes (one sendmsg a turn of the loop),
/// buffered reads and descriptors.
class UnixMessageStream : public capnp::MessageStream {
 public:
  virtual bool closedByPeer() const = 0;
};
kj::Own<UnixMessageStream> newUnixMessageStream(kj::UnixEventPort& port, kj::AutoCloseFd socket);

/// One Cap'n Proto connection over a Unix socket. Each side may offer a bootstrap capability.
class Connection {
 public:
  /// `client`: this side opened the connection. The two sides must differ in it.
  Connection(kj::UnixEventPort& port, kj::AutoCloseFd socket, bool client,
             capnp::Capability::Client bootstrap);

  /// What the other side offers.
  capnp::Capability::Client peer();

  /// Done when the other side is gone, or has sent what is not the protocol.
  kj::Promise<void> onDisconnect() { return network_.onDisconnect(); }

  /// After `onDisconnect`: false if it was this side that gave up; any call on the peer then fails
  /// with what was wrong.
  bool closedByPeer() const { return stream_->closedByPeer(); }

 private:
  kj::Own<UnixMessageStream> stream_;
  capnp::TwoPartyVatNetwork network_;
  capnp::RpcSystem<capnp::rpc::twoparty::VatId> rpc_;
};

}  // namespace stave
