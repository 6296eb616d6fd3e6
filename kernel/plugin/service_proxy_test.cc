#include "kernel/plugin/service_proxy.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "kernel/plugin/test_hostile.h"
#include "stave/error.h"

namespace stave::plugin {
namespace {

struct QuietListener final : Supervisor::Listener {
  void stateChanged(Supervisor&) override {}
  void described(capnp::List<capnp::schema::Node>::Reader nodes) override { methods.add(nodes); }
  schema::Broker::Client brokerFor(const config::PluginConfig&) override {
    class Paths final : public schema::Broker::Server {
      kj::Promise<void> paths(PathsContext) override { return kj::READY_NOW; }
    };
    return kj::heap<Paths>();
  }
  MethodTable methods;
};

struct ServiceProxyTest : ::testing::Test {
  ~ServiceProxyTest() noexcept override {}

  std::unique_ptr<Supervisor> started(const std::string& behaviour, uint64_t deadlineMs = 20'000) {
    Limits limits{STAVE_TEST_HOST, 1500, 100, 300};
    auto config = hostilePlugin(behaviour);
    config.deadlineMs = deadlineMs;
    auto made = std::make_unique<Supervisor>(loop, config, limits, listener);
    loop.wait(made->describe());
    loop.wait(made->start());
    return made;
  }
  schema::VolumeDriver::Client proxy(Supervisor& target, kj::Maybe<Supervisor&> other = nullptr) {
    return newServiceProxy(loop.timer(), target, listener.methods, other)
        .castAs<schema::VolumeDriver>();
  }
  std::string pathFrom(schema::VolumeDriver::Client volumes) {
    return loop.wait(volumes.pathRequest().send().then(
        [](auto&& response) { return std::string(response.getPath().cStr()); }));
  }
  template <typename Request>
  std::string errorOf(Request request) {
    KJ_IF_MAYBE (exception,
                 kj::runCatchingExceptions([&]() { loop.wait(request.send().ignoreResult()); })) {
      return std::string(nameOf(codeOf(*exception))) + " " + textOf(*exception);
    }
    return "";
  }

  Loop loop;
  QuietListener listener;
};

TEST_F(ServiceProxyTest, CarriesCallsAndCountsThem) {
  auto plugin = started("serve");
  auto volumes = proxy(*plugin);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(pathFrom(volumes), "served by " + std::to_string(plugin->pid()));
  }
  EXPECT_EQ(errorOf(volumes.usageRequest()),
            "unsupported plug-in volume/hostile does not have the method VolumeDriver.usage");
  auto& calls = plugin->calls();
  EXPECT_EQ(calls.at("VolumeDriver.path").calls, 3u);
  EXPECT_EQ(calls.at("VolumeDriver.path").failures, 0u);
  EXPECT_EQ(calls.at("VolumeDriver.usage").failures, 1u);
  EXPECT_GE(calls.at("VolumeDriver.path").totalMicros, calls.at("VolumeDriver.path").maxMicros);
}

TEST_F(ServiceProxyTest, RepeatsWhatMayBeRepeatedAndNoMoreOftenThanThreeTimes) {
  auto plugin = started("crash");
  auto error = errorOf(proxy(*plugin).pathRequest());
  EXPECT_EQ(
      error,
      "unavailable plug-in volume/hostile died during VolumeDriver.path: killed by signal 11");
  EXPECT_GE(plugin->restarts(), 3u);
}

TEST_F(ServiceProxyTest, OutlivesItsPlugin) {
  auto plugin = started("serve");
  auto volumes = proxy(*plugin);
  auto before = pathFrom(volumes);
  ASSERT_GT(plugin->pid(), 0);
  kill(plugin->pid(), SIGKILL);
  EXPECT_NE(pathFrom(volumes), before);
}

TEST_F(ServiceProxyTest, ADeadlineNamesTheMethod) {
  auto plugin = started("slow", 50);
  auto error = errorOf(proxy(*plugin).listRequest());
  EXPECT_EQ(error,
            "deadline plug-in volume/hostile: VolumeDriver.list did not finish within 50 ms");
}

TEST_F(ServiceProxyTest, TheFallbackServesWhileItIsDown) {
  auto plugin = started("failAtStart");
  auto other = started("serve");
  auto volumes = proxy(*plugin, *other);
  EXPECT_EQ(pathFrom(volumes), "served by " + std::to_string(other->pid()));
}

}  // namespace
}  // namespace stave::plugin
