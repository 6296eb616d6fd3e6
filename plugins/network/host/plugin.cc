#include <stave/net/bare_driver.h>
#include <stave/os/netns.h>

namespace {

using namespace stave;

kj::Promise<schema::Network::Client> start(Context& context) {
  return schema::Network::Client(
      kj::heap<net::BareDriver>(context, "host", [] { return os::currentNetworkNamespace(); }));
}

}  // namespace

STAVE_PLUGIN(schema::Network, "network", "host", "1.0", "Pods in the host's own network", "",
             NoSettings, start);
