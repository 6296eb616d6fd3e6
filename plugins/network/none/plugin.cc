#include <stave/net/bare_driver.h>
#include <stave/net/sandbox.h>

namespace {

using namespace stave;

kj::Promise<schema::Network::Client> start(Context& context) {
  return schema::Network::Client(
      kj::heap<net::BareDriver>(context, "none", [] { return net::makeSandbox(); }));
}

}  // namespace

STAVE_PLUGIN(schema::Network, "network", "none", "1.0", "Pods with nothing but their own loopback",
             "", NoSettings, start);
