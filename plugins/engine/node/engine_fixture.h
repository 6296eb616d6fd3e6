#pragma once

#include <gtest/gtest.h>
#include <stave/loop.h>
#include <stave/testing/fake_events.h>
#include <stave/testing/fake_objects.h>
#include <stave/testing/script.h>
#include <stave/testing/temp_directory.h>
#include <stave/testing/wait.h>

#include <chrono>

#include "engine.h"
#include "fake_drivers.h"
#include "service.h"
#include "text.h"

namespace stave::node {

using Phase = schema::PodStatus::Phase;
using PodFill = kj::Function<void(schema::PodSpec::Builder)>;

/// A whole engine on fake drivers and a fake kernel.
struct EngineTest : ::testing::Test {
  Loop loop;
  testing::TempDirectory directory{"engine"};
  WorkerPool workers{1};
  testing::FakeObjects objects;
  testing::FakeEvents events;
  std::shared_ptr<FakeWorld> world = std::make_shared<FakeWorld>();
  std::shared_ptr<testing::Script> script = std::make_shared<testing::Script>();
  std::vector<std::string> log;
  kj::Maybe<schema::Engine::Client> service;

  EngineTest() {
    world->references["docker.io/library/debian:12"] =
        world->addImage(fakeConfig(R"({"Cmd":["bash"],"Env":["A=1"]})"));
  }
  ~EngineTest() noexcept override {
    if (!HasFailure()) return;
    for (auto& line : log) fprintf(stderr, "engine: %s\n", line.c_str());
  }

  static int64_t now() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }

  Drivers drivers() {
    auto result = fakeDrivers(world);
    using stave::testing::scripted;
    result.runtime = scripted<schema::Runtime>(result.runtime, loop.timer(), script);
    result.storage = scripted<schema::Storage>(result.storage, loop.timer(), script);
    result.network =
        forAnyName(scripted<schema::Network>(result.network(""), loop.timer(), script));
    result.volume =
        forAnyName(scripted<schema::VolumeDriver>(result.volume(""), loop.timer(), script));
    return result;
  }

  /// What the engine has of the kernel.
  virtual schema::Objects::Client kernelObjects() { return objects.client(); }

  Environment newEnvironment() {
    return {.drivers = drivers(),
            .objects = kernelObjects(),
            .events = events.client(),
            .timer = loop.timer(),
            .port = loop.port(),
            .fds = *loop.io().lowLevelProvider,
            .workers = workers,
            .now = now,
            .log = [this](auto, auto& message) { log.push_back(message); },
            .nodeName = "here",
            .statePath = directory.path(),
            .imageRetryMillis = 20};
  }

  void start() {
    auto engine = kj::heap<Engine>(kj::heap<Environment>(newEnvironment()));
    testing::wait(loop, kj::Promise<void>(engine->start()), "the engine");
    service = makeService(kj::mv(engine));
  }
  void stop() {
    service = nullptr;
    loop.wait(kj::evalLast([]() {}));
  }

  void create(
      const std::string& name, PodFill fill = [](auto) {}) {
    objects.create<schema::PodSpec>({"Pod", name}, [&](schema::PodSpec::Builder spec) {
      auto container = spec.initContainers(1)[0];
      container.setName("main");
      container.setImage("debian:12");
      spec.setStopTimeoutMs(50);
      fill(spec);
    });
  }
  void change(const std::string& name, PodFill fill) {
    objects.updateSpec<schema::PodSpec>({"Pod", name}, kj::mv(fill));
  }
  void desire(const std::string& name, schema::PodSpec::Desired desired) {
    change(name, [desired](auto spec) { spec.setDesired(desired); });
  }

  kj::Maybe<schema::PodStatus::Reader> status(const std::string& name) {
    KJ_IF_MAYBE (object, objects.find({"Pod", name})) {
      return object->getStatus().getAs<schema::PodStatus>();
    }
    return nullptr;
  }
  bool has(const std::string& name, Phase phase) {
    KJ_IF_MAYBE (found, status(name)) return found->getPhase() == phase;
    return false;
  }
  schema::PodStatus::Reader until(const std::string& name, Phase phase) {
    auto what = kj::str("pod ", name.c_str(), " being ", phase);
    testing::waitUntil(
        loop, [&]() { return has(name, phase); }, what.cStr(), 5 * kj::SECONDS);
    return KJ_ASSERT_NONNULL(status(name));
  }
  void untilGone(const std::string& name) {
    testing::waitUntil(
        loop,
        [&]() {
          return objects.find({"Pod", name}) == nullptr;
        },
        "the pod's end", 5 * kj::SECONDS);
  }
  template <typename Condition>
  void until(Condition condition, const char* what) {
    testing::waitUntil(loop, condition, what, 5 * kj::SECONDS);
  }
  std::string uid(const std::string& name) {
    KJ_IF_MAYBE (object, objects.find({"Pod", name})) return text(object->getMetadata().getUid());
    return {};
  }
  void expectNothingLeft() {
    until([this]() { return world->containers.empty(); }, "the runtime's forgetting");
    EXPECT_EQ(world->snapshots.size(), 0u);
    EXPECT_EQ(world->endpoints.size(), 0u);
  }
};

}  // namespace stave::node
