#include <signal.h>
#include <stave/error.h>
#include <stave/schema/objects/system.capnp.h>
#include <stave/schema/objects/volume.capnp.h>

#include "engine_fixture.h"
#include "names.h"

namespace stave::node {
namespace {

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

void PrintTo(const FailingCall& call, std::ostream* stream) {
  *stream << call.method << " failing as " << call.reason;
}

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

TEST_F(EngineTest, CreatesWhileTheNetworkIsMadeAndStartsAfterwards) {
  start();
  script->delay("attach", 1, 50 * kj::MILLISECONDS);
  create("web");
  until([&]() { return world->containers.size() == 1; }, "the container");
  auto run = world->containers.at(uid("web"));
  EXPECT_EQ(run->phase, schema::ContainerState::Phase::CREATED);
  EXPECT_TRUE(run->hasNetwork);
  EXPECT_EQ(run->files["/etc/hosts"].find("10.88.0.2"), std::string::npos);
  until("web", Phase::RUNNING);
  EXPECT_NE(run->files["/etc/hosts"].find("10.88.0.2"), std::string::npos);
}

TEST_F(EngineTest, SettingsOfAnInterfaceWaitForTheNetwork) {
  start();
  script->delay("attach", 1, 20 * kj::MILLISECONDS);
  create("web", [](auto spec) {
    spec.initSysctls(1)[0].setKey("net.ipv4.conf.eth0.proxy_arp");
    spec.getSysctls()[0].setValue("1");
  });
  until([&]() { return script->calls("attach") == 1; }, "the attachment");
  EXPECT_EQ(world->containers.size(), 0u);
  until("web", Phase::RUNNING);
}

TEST_F(EngineTest, TriesAgainByPolicy) {
  start();
  script->fail("attach", 1, makeError(ErrorCode::CONFLICT, "port 80 is taken"));
  create("web",
         [](auto spec) { spec.initRestartPolicy().setMode(schema::RestartPolicy::Mode::ALWAYS); });
  until("web", Phase::RUNNING);
  EXPECT_EQ(script->calls("attach"), 2u);
}

TEST_F(EngineTest, TriesAgainWhenADriverDied) {
  start();
  script->fail("prepare", 1, makeError(ErrorCode::UNAVAILABLE, "storage/overlay died"));
  create("web");
  until("web", Phase::RUNNING);
  EXPECT_EQ(script->calls("prepare"), 2u);
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

TEST_F(EngineTest, RemakesTheNetworkOfAPodThatRestartsAfterTheEngineDid) {
  start();
  create("web",
         [](auto spec) { spec.initRestartPolicy().setMode(schema::RestartPolicy::Mode::ALWAYS); });
  until("web", Phase::RUNNING);
  stop();
  world->exit(uid("web"), 1);
  start();
  until([&]() { return world->starts == 2; }, "the second start");
  EXPECT_EQ(world->sandboxes, 2u) << "the first went with the container";
  EXPECT_EQ(world->wantedAddress, "10.88.0.2") << "at the address that it had";
  EXPECT_EQ(world->endpoints.size(), 1u);
  EXPECT_TRUE(world->containers.at(uid("web"))->hasNetwork) << "it would be in the host's";
}

TEST_F(EngineTest, ReopensTheNetworkWhileAnotherContainerRuns) {
  start();
  create("web", [](auto spec) {
    spec.initRestartPolicy().setMode(schema::RestartPolicy::Mode::ALWAYS);
    auto containers = spec.initContainers(2);
    for (auto name : {"first", "second"}) {
      auto container = containers[name == std::string("first") ? 0 : 1];
      container.setName(name);
      container.setImage("debian:12");
    }
  });
  until("web", Phase::RUNNING);
  stop();
  world->exit(uid("web"), 1);
  start();
  until([&]() { return world->starts == 3; }, "the restart of one");
  EXPECT_EQ(world->sandboxes, 1u) << "the running container still has it";
  EXPECT_TRUE(world->containers.at(uid("web"))->hasNetwork);
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

TEST_F(EngineTest, RunsInitContainersFirstAndSeveralContainersTogether) {
  start();
  create("many", [](auto spec) {
    auto containers = spec.initContainers(2);
    for (auto i : {0, 1}) containers[i].setImage("debian:12");
    containers[0].setName("one");
    containers[1].setName("two");
    auto init = spec.initInitContainers(1)[0];
    init.setName("first");
    init.setImage("debian:12");
  });
  auto first = containerId(uid("many"), "first", false, true);
  auto second = containerId(uid("many"), "two", false, false);
  until([&]() { return world->starts == 1; }, "the init container");
  EXPECT_EQ(world->containers.count(first), 1u);
  world->exit(first, 0);
  until("many", Phase::RUNNING);
  until([&]() { return world->starts == 3; }, "both containers");
  EXPECT_EQ(world->containers.count(second), 1u);
  EXPECT_EQ(world->endpoints.size(), 1u) << "they share one network identity";
  objects.remove({"Pod", "many"});
  untilGone("many");
  expectNothingLeft();
}

TEST_F(EngineTest, SharesTheNetworkOfAnotherPod) {
  start();
  create("web");
  until("web", Phase::RUNNING);
  create("side", [](auto spec) { spec.setNetworkFrom("web"); });
  until("side", Phase::RUNNING);
  EXPECT_TRUE(world->containers.at(uid("side"))->hasNetwork);
  EXPECT_EQ(world->endpoints.size(), 1u);
}

TEST_F(EngineTest, PullsAgainWhenToldAlways) {
  start();
  create("one");
  until("one", Phase::RUNNING);
  world->references["docker.io/library/debian:12"] =
      world->addImage(fakeConfig(R"({"Cmd":["zsh"]})"));
  create("two", [](auto spec) {
    spec.getContainers()[0].setPull(schema::PodContainer::PullPolicy::ALWAYS);
  });
  until("two", Phase::RUNNING);
  EXPECT_EQ(world->containers.at(uid("two"))->arguments, std::vector<std::string>{"zsh"});
  EXPECT_EQ(world->pulled.size(), 2u);
  until([&]() { return objects.names("Image").size() == 2; }, "the old image without a name");
}

TEST_F(EngineTest, PublishesProgress) {
  start();
  create("web");
  until("web", Phase::RUNNING);
  auto topic = "image/docker.io/library/debian:12/progress";
  until([&]() { return !events.recorded(topic).empty(); }, "progress");
  EXPECT_EQ(events.recorded(topic).back()["phase"], "done");
}

TEST_F(EngineTest, TellsWhoUsesAVolume) {
  start();
  create("db", [](auto spec) {
    auto volume = spec.initVolumes(1)[0];
    volume.setName("data");
    volume.setVolume("files");
    auto mount = spec.getContainers()[0].initMounts(1)[0];
    mount.setVolume("data");
    mount.setTarget("/data");
  });
  until("db", Phase::RUNNING);
  until(
      [&]() {
        KJ_IF_MAYBE (object, objects.find({"Volume", "files"})) {
          return object->getStatus().getAs<schema::VolumeStatus>().getUsedBy().size() == 1;
        }
        return false;
      },
      "the use being told");
  objects.remove({"Pod", "db"});
  untilGone("db");
  EXPECT_EQ(world->volumes.size(), 1u) << "a named volume outlives its pods";
}

TEST_F(EngineTest, TellsWhyAVolumeIsNotRemovedAndGoesOnTrying) {
  world->volumeFailure = "the disk is away";
  start();
  objects.create<schema::VolumeSpec>({"Volume", "files"}, [](auto) {});
  until([&]() { return world->volumes.size() == 1; }, "the volume");
  objects.remove({"Volume", "files"});
  auto failure = [&]() -> std::string {
    KJ_IF_MAYBE (object, objects.find({"Volume", "files"})) {
      return object->getStatus().getAs<schema::VolumeStatus>().getRemovalFailure().cStr();
    }
    return "";
  };
  until([&]() { return failure() == "the disk is away"; }, "the reason");
  world->volumeFailure.clear();
  until([&]() { return world->volumes.empty(); }, "the volume's removal");
}

TEST_F(EngineTest, GoesOnAfterTheWatchWasLost) {
  start();
  objects.compact();
  create("web");
  until("web", Phase::RUNNING);
}

TEST_F(EngineTest, ReportsTheNode) {
  start();
  until(
      [&]() {
        KJ_IF_MAYBE (object, objects.find({"Node", "here"})) {
          return object->getStatus().getAs<schema::NodeStatus>().getMemory() > 0;
        }
        return false;
      },
      "the node's status");
}

}  // namespace
}  // namespace stave::node
