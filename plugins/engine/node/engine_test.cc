#include "engine.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stave/error.h>
#include <stave/testing/fake_events.h>
#include <stave/testing/fake_objects.h>
#include <stave/testing/script.h>
#include <stave/testing/temp_directory.h>
#include <stave/testing/wait.h>

#include <chrono>

#include "fake_drivers.h"
#include "names.h"
#include "service.h"
#include "text.h"

namespace stave::node {
namespace {

using Phase = schema::PodStatus::Phase;
using PodFill = kj::Function<void(schema::PodSpec::Builder)>;

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
  ~EngineTest() noexcept override {}

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

  void start() {
    auto engine = kj::heap<Engine>(kj::heap<Environment>(
        Environment{.drivers = drivers(),
                    .objects = objects.client(),
                    .events = events.client(),
                    .timer = loop.timer(),
                    .port = loop.port(),
                    .fds = *loop.io().lowLevelProvider,
                    .workers = workers,
                    .now = now,
                    .log = [this](auto, auto& message) { log.push_back(message); },
                    .nodeName = "here",
                    .statePath = directory.path(),
                    .imageRetryMillis = 20}));
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
    EXPECT_EQ(world->containers.size(), 0u);
    EXPECT_EQ(world->snapshots.size(), 0u);
    EXPECT_EQ(world->endpoints.size(), 0u);
  }
};

TEST_F(EngineTest, RunsAPod) {
  start();
  create("web");
  auto pod = until("web", Phase::RUNNING);
  auto id = uid("web");
  EXPECT_EQ(pod.getContainers()[0].getPid(), 4242);
  EXPECT_EQ(text(pod.getContainers()[0].getId()), id);
  EXPECT_EQ(pod.getEndpoints()[0].getStatus().getIpv4(), "10.88.0.2/16");
  EXPECT_TRUE(pod.getReady());
  auto& run = *world->containers.at(id);
  EXPECT_EQ(run.arguments, std::vector<std::string>{"bash"});
  EXPECT_TRUE(run.hasNetwork);
  EXPECT_EQ(run.hostname, id.substr(0, 12));
  EXPECT_EQ(run.mountTargets,
            (std::vector<std::string>{"/etc/hostname", "/etc/hosts", "/etc/resolv.conf"}));
  EXPECT_EQ(world->pulled, std::vector<std::string>{"docker.io/library/debian:12"});
  EXPECT_EQ(world->holds.count("image/docker.io/library/debian:12"), 1u);
}

TEST_F(EngineTest, RecordsAnExitAndGivesEverythingButTheFilesBack) {
  start();
  create("job");
  until("job", Phase::RUNNING);
  world->exit(uid("job"), 3);
  auto pod = until("job", Phase::STOPPED);
  EXPECT_EQ(pod.getContainers()[0].getExitCode(), 3);
  EXPECT_EQ(pod.getEndpoints().size(), 0u);
  until([&]() { return world->containers.empty(); }, "the container being forgotten");
  EXPECT_EQ(world->endpoints.size(), 0u);
  EXPECT_EQ(world->snapshots.size(), 1u);
}

TEST_F(EngineTest, RemovesADeletedPod) {
  start();
  create("web");
  until("web", Phase::RUNNING);
  objects.remove({"Pod", "web"});
  untilGone("web");
  expectNothingLeft();
}

TEST_F(EngineTest, RemovesWhatIsToGoWhenDone) {
  start();
  create("once", [](auto spec) { spec.setRemoveWhenDone(true); });
  until("once", Phase::RUNNING);
  world->exit(uid("once"), 0);
  untilGone("once");
  expectNothingLeft();
}

TEST_F(EngineTest, StopsAndStartsAgain) {
  start();
  create("web");
  until("web", Phase::RUNNING);
  auto run = world->containers.at(uid("web"));
  desire("web", schema::PodSpec::Desired::STOPPED);
  auto pod = until("web", Phase::STOPPED);
  EXPECT_EQ(pod.getContainers()[0].getExitCode(), 128 + SIGTERM);
  EXPECT_EQ(run->signals, std::vector<int>{SIGTERM});
  desire("web", schema::PodSpec::Desired::RUNNING);
  until("web", Phase::RUNNING);
  EXPECT_EQ(world->starts, 2u);
}

TEST_F(EngineTest, KillsWhatDoesNotHeedTheStopSignal) {
  world->signalsHeeded = false;
  start();
  create("deaf");
  until("deaf", Phase::RUNNING);
  auto run = world->containers.at(uid("deaf"));
  desire("deaf", schema::PodSpec::Desired::STOPPED);
  until("deaf", Phase::STOPPED);
  EXPECT_EQ(run->signals, (std::vector<int>{SIGTERM, SIGKILL}));
}

TEST_F(EngineTest, PausesAndResumes) {
  start();
  create("web");
  until("web", Phase::RUNNING);
  desire("web", schema::PodSpec::Desired::PAUSED);
  until("web", Phase::PAUSED);
  desire("web", schema::PodSpec::Desired::RUNNING);
  until("web", Phase::RUNNING);
  EXPECT_EQ(world->starts, 1u);
}

TEST_F(EngineTest, RestartsByPolicy) {
  start();
  create("web",
         [](auto spec) { spec.initRestartPolicy().setMode(schema::RestartPolicy::Mode::ALWAYS); });
  until("web", Phase::RUNNING);
  world->exit(uid("web"), 1);
  until([&]() { return world->starts == 2; }, "the second start");
  until(
      [&]() {
        KJ_IF_MAYBE (pod, status("web")) return pod->getContainers()[0].getRestarts() == 1;
        return false;
      },
      "the restart being counted");
  EXPECT_EQ(world->endpoints.size(), 1u) << "the address stays over a restart";
}

TEST_F(EngineTest, OnlyCreatesWhatIsNotToRun) {
  start();
  create("later", [](auto spec) { spec.setDesired(schema::PodSpec::Desired::CREATED); });
  until("later", Phase::CREATED);
  EXPECT_EQ(world->snapshots.size(), 1u);
  EXPECT_EQ(world->containers.size(), 0u);
  desire("later", schema::PodSpec::Desired::RUNNING);
  until("later", Phase::RUNNING);
}

TEST_F(EngineTest, SaysWhyAnImageCannotBeHad) {
  start();
  create("bad", [](auto spec) { spec.getContainers()[0].setImage("nope"); });
  auto pod = until("bad", Phase::FAILED);
  EXPECT_EQ(pod.getReason(), "ImagePullFailed");
  EXPECT_EQ(pod.getCode(), ErrorCode::NOT_FOUND);
  EXPECT_NE(text(pod.getMessage()).find("manifest unknown"), std::string::npos);
  objects.remove({"Pod", "bad"});
  untilGone("bad");
  expectNothingLeft();
}

TEST_F(EngineTest, DoesNotPullWhatItMayNot) {
  start();
  create("never", [](auto spec) {
    spec.getContainers()[0].setPull(schema::PodContainer::PullPolicy::NEVER);
  });
  EXPECT_EQ(until("never", Phase::FAILED).getReason(), "ImageNotFound");
  EXPECT_EQ(world->pulled.size(), 0u);
}

struct FailingCall {
  const char* method;
  ErrorCode code;
  const char* reason;
  int32_t exitCode;
};

class EngineFailure : public EngineTest, public ::testing::WithParamInterface<FailingCall> {};

TEST_P(EngineFailure, LeavesNothingBehind) {
  auto& call = GetParam();
  start();
  script->fail(call.method, 1, makeError(call.code, "it broke: port 80"));
  create("web");
  auto pod = until("web", Phase::FAILED);
  EXPECT_EQ(pod.getReason(), call.reason);
  EXPECT_EQ(pod.getCode(), call.code);
  EXPECT_EQ(pod.getExitCode(), call.exitCode);
  EXPECT_NE(text(pod.getMessage()).find("it broke"), std::string::npos);
  EXPECT_EQ(world->containers.size(), 0u);
  EXPECT_EQ(world->endpoints.size(), 0u);
  change("web", [](auto spec) { spec.setRestart(1); });
  until("web", Phase::RUNNING);
  objects.remove({"Pod", "web"});
  untilGone("web");
  expectNothingLeft();
}

INSTANTIATE_TEST_SUITE_P(
    Calls, EngineFailure,
    ::testing::Values(FailingCall{"prepare", ErrorCode::EXHAUSTED, "RootFailed", 125},
                      FailingCall{"createSandbox", ErrorCode::EXHAUSTED, "NetworkFailed", 125},
                      FailingCall{"attach", ErrorCode::CONFLICT, "PortInUse", 125},
                      FailingCall{"create", ErrorCode::NOT_FOUND, "CommandNotFound", 127},
                      FailingCall{"create", ErrorCode::DENIED, "CommandNotExecutable", 126}));

TEST_F(EngineTest, TriesAgainByPolicy) {
  start();
  script->fail("attach", 1, makeError(ErrorCode::CONFLICT, "port 80 is taken"));
  create("web",
         [](auto spec) { spec.initRestartPolicy().setMode(schema::RestartPolicy::Mode::ALWAYS); });
  until("web", Phase::RUNNING);
  EXPECT_EQ(script->calls("attach"), 2u);
}

TEST_F(EngineTest, GoesOnWithWhatRanWhileItWasAway) {
  start();
  create("runs");
  create("ended");
  until("runs", Phase::RUNNING);
  until("ended", Phase::RUNNING);
  stop();
  world->exit(uid("ended"), 7);
  auto starts = world->starts;
  start();
  EXPECT_EQ(until("ended", Phase::STOPPED).getContainers()[0].getExitCode(), 7);
  EXPECT_TRUE(has("runs", Phase::RUNNING));
  EXPECT_EQ(world->starts, starts) << "nothing is started again";
  desire("runs", schema::PodSpec::Desired::STOPPED);
  until("runs", Phase::STOPPED);
}

TEST_F(EngineTest, RemovesWhatBelongsToNoPod) {
  std::string stranger(64, 'e');
  auto run = std::make_shared<FakeWorld::Run>();
  run->id = stranger;
  world->containers[stranger] = run;
  world->snapshots[stranger] = "";
  world->snapshots["build-1"] = "";
  world->endpoints.insert(endpointId(stranger, "bridge"));
  world->endpoints.insert("foreign");
  start();
  until([&]() { return world->containers.empty() && world->snapshots.size() == 1; }, "removal");
  EXPECT_EQ(world->snapshots.count("build-1"), 1u);
  EXPECT_EQ(world->endpoints, std::set<std::string>{"foreign"});
}

TEST_F(EngineTest, MakesTheDefaultNetwork) {
  start();
  until([&]() { return world->networks.count("bridge") == 1; }, "the network");
}

TEST_F(EngineTest, RunsAHealthCheck) {
  start();
  create("web", [](auto spec) {
    auto health = spec.getContainers()[0].initHealth();
    health.initTest(1).set(0, "true");
    health.setIntervalMs(5);
  });
  until("web", Phase::RUNNING);
  until(
      [&]() {
        KJ_IF_MAYBE (pod, status("web")) {
          return pod->getContainers()[0].getHealth() == schema::ContainerStatus::Health::HEALTHY;
        }
        return false;
      },
      "the pod being healthy");
}

TEST_F(EngineTest, OpensStreamsBeforeTheStart) {
  start();
  auto attach = KJ_ASSERT_NONNULL(service).attachRequest();
  attach.setPod("web");
  auto attached = attach.send();
  create("web", [](auto spec) {});
  auto process = testing::wait(loop, kj::mv(attached).dropPipeline(), "attachment").getProcess();
  auto streams = testing::wait(loop, process.streamsRequest().send().dropPipeline(), "streams");
  until("web", Phase::RUNNING);
}

TEST_F(EngineTest, MakesAnonymousVolumesAndRemovesThemWithThePod) {
  world->references["docker.io/library/db:latest"] =
      world->addImage(fakeConfig(R"({"Cmd":["db"],"Volumes":{"/data":{}}})"));
  start();
  create("db", [](auto spec) {
    spec.getContainers()[0].setImage("db");
    spec.setRemoveWhenDone(true);
  });
  auto pod = until("db", Phase::RUNNING);
  ASSERT_EQ(pod.getContainers()[0].getVolumes().size(), 1u);
  EXPECT_TRUE(pod.getContainers()[0].getVolumes()[0].getAnonymous());
  EXPECT_EQ(world->volumes.size(), 1u);
  world->exit(uid("db"), 0);
  untilGone("db");
  until([&]() { return world->volumes.empty(); }, "the volume's removal");
}

TEST_F(EngineTest, RemovesLayersWithTheirLastImage) {
  start();
  create("web");
  until("web", Phase::RUNNING);
  ASSERT_EQ(world->layers.size(), 1u);
  objects.remove({"Image", "docker.io/library/debian:12"});
  until(
      [&]() {
        return objects.find({"Image", "docker.io/library/debian:12"}) == nullptr;
      },
      "removal");
  EXPECT_EQ(world->layers.size(), 1u) << "a container stands on it";
  EXPECT_EQ(world->holds.size(), 0u);
  objects.remove({"Pod", "web"});
  untilGone("web");
  until([&]() { return world->layers.empty(); }, "the layer's removal");
}

TEST_F(EngineTest, ResolvesImages) {
  start();
  create("web");
  until("web", Phase::RUNNING);
  auto resolve = [&](const char* reference) {
    auto request = KJ_ASSERT_NONNULL(service).resolveImageRequest();
    request.setReference(reference);
    return request.send().dropPipeline();
  };
  EXPECT_EQ(testing::wait(loop, resolve("debian:12")).getName(), "docker.io/library/debian:12");
  EXPECT_EQ(testing::codeOfFailure(loop, resolve("nope")), ErrorCode::NOT_FOUND);
}

TEST_F(EngineTest, LeavesOtherNodesPodsAlone) {
  start();
  create("elsewhere", [](auto spec) { spec.setNode("there"); });
  create("mine", [](auto spec) { spec.setNode("here"); });
  until("mine", Phase::RUNNING);
  EXPECT_EQ(world->containers.count(uid("elsewhere")), 0u);
}

}  // namespace
}  // namespace stave::node
