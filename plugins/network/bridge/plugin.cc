#include <stave/plugin.h>

#include "driver.h"

namespace {

using namespace stave;

Task<schema::Network::Client> start(Context& context) {
  auto driver = kj::heap<bridge::Driver>(context, context.settings<schema::BridgeSettings>());
  co_await driver->recover();
  schema::Network::Client client = kj::mv(driver);
  co_return client;
}

}  // namespace

STAVE_PLUGIN(schema::Network, "network", "bridge", "1.0",
             "Linux bridges with addresses, DNS and published ports", "", schema::BridgeSettings,
             start);
