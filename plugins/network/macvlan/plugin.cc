#include <stave/plugin.h>

#include "driver.h"

namespace {

using namespace stave;

Task<schema::Network::Client> start(Context& context) {
  auto driver = kj::heap<macvlan::Driver>(context, context.settings<schema::MacvlanSettings>());
  co_await driver->recover();
  schema::Network::Client client = kj::mv(driver);
  co_return client;
}

}  // namespace

STAVE_PLUGIN(schema::Network, "network", "macvlan", "1.0",
             "Pods with addresses of their own on an interface of the host", "",
             schema::MacvlanSettings, start);
