#include "stave/connection.h"

#include <capnp/message.h>

namespace stave {

namespace {

constexpr unsigned maxDescriptorsPerMessage = 32;

}  // namespace

Connection::Connection(kj::UnixEventPort& port, kj::AutoCloseFd socket, bool client,
                       capnp::Capability::Client bootstrap)
    : stream_(newUnixMessageStream(port, kj::mv(socket))),
      network_(*stream_, maxDescriptorsPerMessage,
               client ? capnp::rpc::twoparty::Side::CLIENT : capnp::rpc::twoparty::Side::SERVER),
      rpc_(capnp::makeRpcServer(network_, kj::mv(bootstrap))) {}

capnp::Capability::Client Connection::peer() {
  capnp::MallocMessageBuilder message(4);
  auto id = message.initRoot<capnp::rpc::twoparty::VatId>();
  id.setSide(network_.getSide() == capnp::rpc::twoparty::Side::SERVER
                 ? capnp::rpc::twoparty::Side::CLIENT
                 : capnp::rpc::twoparty::Side::SERVER);
  return rpc_.bootstrap(id);
}

}  // namespace stave
