#include <stave/plugin.h>
#include <stave/schema/engine.capnp.h>

#include <chrono>

#include "engine.h"
#include "service.h"
#include "settings.capnp.h"
#include "text.h"

namespace {

using namespace stave;

int64_t unixNanos() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

node::Drivers driversOf(Context& context) {
  node::Drivers drivers;
  drivers.runtime = context.service<schema::Runtime>("runtime");
  drivers.storage = context.service<schema::Storage>("storage");
  drivers.content = context.service<schema::Content>("content");
  drivers.network = [&context](auto& name) {
    return context.service<schema::Network>("network", name);
  };
  drivers.registry = [&context](auto& name) {
    return context.service<schema::Registry>("registry", name);
  };
  drivers.volume = [&context](auto& name) {
    return context.service<schema::VolumeDriver>("volume", name);
  };
  return drivers;
}

kj::Own<node::Environment> environmentOf(Context& context) {
  auto settings = context.settings<schema::NodeEngineSettings>();
  return kj::heap<node::Environment>(node::Environment{
      .drivers = driversOf(context),
      .objects = context.objects(),
      .events = context.events(),
      .timer = context.timer(),
      .port = context.port(),
      .fds = context.fds(),
      .workers = context.workers(),
      .now = unixNanos,
      .log = [&context](auto level, auto& message) { context.log(level, message); },
      .nodeName = std::string(context.nodeName()),
      .statePath = std::string(context.statePath()),
      .unassigned = settings.getUnassigned(),
      .defaultNetwork = node::text(settings.getNetwork()),
      .logMaxBytes = settings.getLogMaxBytes(),
      .logMaxFiles = settings.getLogMaxFiles(),
      .heartbeatMillis = static_cast<int64_t>(settings.getHeartbeatMs()),
      .imageRetryMillis = static_cast<int64_t>(settings.getImageRetryMs()),
      .stoppedPods = settings.getStoppedPods()});
}

Task<schema::Engine::Client> start(Context& context) {
  auto environment = environmentOf(context);
  auto names = context.broker().namesRequest();
  names.setKind("network");
  auto response = co_await names.send();
  environment->drivers.networkNames = node::texts(response.getNames());
  auto engine = kj::heap<node::Engine>(kj::mv(environment));
  co_await engine->start();
  co_return node::makeService(kj::mv(engine));
}

}  // namespace

STAVE_PLUGIN(schema::Engine, "engine", "node", "1.0",
             "Turns pods, images, networks and volumes into calls on this node's drivers",
             "runtime storage content", schema::NodeEngineSettings, start);
