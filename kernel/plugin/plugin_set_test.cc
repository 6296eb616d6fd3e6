#include "kernel/plugin/plugin_set.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stave/schema/volume.capnp.h>
#include <stdlib.h>

#include "kernel/plugin/config_check.h"
#include "stave/error.h"
#include "stave/os/file.h"

namespace stave::plugin {
namespace {

using State = Supervisor::State;

/// A kernel without objects: these tests are about the life of plug-ins only.
class NoResources final : public Resources {
 public:
  schema::Objects::Client objectsFor(const Grants&) override { return nullptr; }
  schema::EventBus::Client eventsFor(const Grants&) override { return nullptr; }
  schema::Kernel::Client kernelFor(const Grants&) override { return nullptr; }
  capnp::Capability::Client service(std::string_view, std::string_view) override { return nullptr; }
  std::vector<std::string> names(std::string_view) override { return {}; }
  void log(schema::LogLevel, std::string_view, std::string_view,
           capnp::List<schema::KeyValue>::Reader) override {}
};

/// A stack whose one volume driver misbehaves as the test says. The store entry is never started.
class PluginSetTest : public testing::Test {
 protected:
  PluginSetTest() {
    char name[] = "/tmp/stave-plugin-test-XXXXXX";
    directory = mkdtemp(name);
  }
  ~PluginSetTest() noexcept override {
    set = nullptr;
    os::removeTree(directory);
  }

  config::Config configure(const std::string& behaviour, const std::string& more = "") {
    auto text =
        "[daemon]\nroot = \"" + directory + "/root\"\nrun = \"" + directory + "/run\"\n" +
        "[plugins]\nhost = \"" + STAVE_TEST_HOST +
        "\"\nstartDeadline = 1500\npingInterval = 100\n" + "pingDeadline = 300\ndirectory = \"" +
        STAVE_TEST_PLUGINS + "\"\n" + "[stack]\nstore = \"unused\"\nvolume = \"hostile\"\n" +
        "[volume.hostile.settings]\nbehaviour = \"" + behaviour + "\"\nmarker = \"" + directory +
        "/marker\"\n[volume.hostile]\ndeadline = " + std::to_string(deadlineMs) + "\n" + more;
    return config::interpret(config::parseToml(text, "test.toml"), STAVE_TEST_BIN);
  }

  Supervisor& start(const std::string& behaviour, const std::string& more = "") {
    set = std::make_unique<PluginSet>(loop, configure(behaviour, more), resources, "node",
                                      [](Supervisor&) {});
    auto& supervisor = set->find("volume/hostile");
    loop.wait(supervisor.describe());
    if (supervisor.state() == State::STARTING) loop.wait(supervisor.start());
    return supervisor;
  }

  /// Never kill(0): that is everybody in the process group.
  void killHost(Supervisor& supervisor) {
    if (supervisor.pid() <= 0)
      throw std::runtime_error("the plug-in is not running: " + supervisor.reason());
    kill(supervisor.pid(), SIGKILL);
  }

  schema::VolumeDriver::Client volumes() {
    return set->service("volume", "").castAs<schema::VolumeDriver>();
  }

  std::string pathAnswer() {
    return loop.wait(volumes().pathRequest().send().then(
        [](auto&& response) { return std::string(response.getPath().cStr()); }));
  }

  template <typename Promise>
  kj::Exception failureOf(Promise&& promise) {
    KJ_IF_MAYBE (exception,
                 kj::runCatchingExceptions([&]() { loop.wait(promise.ignoreResult()); })) {
      return kj::mv(*exception);
    }
    ADD_FAILURE() << "the call should have failed";
    return KJ_EXCEPTION(FAILED, "it did not fail");
  }

  std::string directory;
  uint64_t deadlineMs = 1000;
  Loop loop;
  NoResources resources;
  std::unique_ptr<PluginSet> set;
};

TEST_F(PluginSetTest, ServesInAProcessOfItsOwn) {
  auto& supervisor = start("serve");
  EXPECT_EQ(supervisor.state(), State::LOADED);
  EXPECT_EQ(supervisor.description().summary, "Misbehaves as it is told");
  EXPECT_EQ(pathAnswer(), "served by " + std::to_string(supervisor.pid()));
  EXPECT_NE(supervisor.pid(), getpid());
}

TEST_F(PluginSetTest, ServesInline) {
  auto& supervisor = start("serve", "isolation = \"inline\"\n");
  EXPECT_EQ(supervisor.state(), State::LOADED);
  EXPECT_EQ(pathAnswer(), "served by " + std::to_string(getpid()));
}

TEST_F(PluginSetTest, KilledPluginComesBackAndCallersDoNotNotice) {
  auto& supervisor = start("serve");
  for (int round = 0; round < 3; round++) {
    auto before = supervisor.pid();
    killHost(supervisor);
    auto answer = pathAnswer();
    EXPECT_NE(answer, "served by " + std::to_string(before));
    EXPECT_EQ(answer, "served by " + std::to_string(supervisor.pid()));
  }
  EXPECT_GE(supervisor.restarts(), 1u);
}

TEST_F(PluginSetTest, IdempotentCallIsRepeatedAfterACrash) {
  start("crashOnce");
  EXPECT_TRUE(pathAnswer().starts_with("served by "));
}

TEST_F(PluginSetTest, ExitAtStartIsFailedWithTheReason) {
  auto& supervisor = start("exitAtStart");
  EXPECT_EQ(supervisor.state(), State::FAILED);
  EXPECT_NE(supervisor.reason().find("exited with status 3"), std::string::npos)
      << supervisor.reason();
  auto error = failureOf(volumes().listRequest().send());
  EXPECT_EQ(codeOf(error), ErrorCode::UNAVAILABLE);
  EXPECT_NE(textOf(error).find("exited with status 3"), std::string::npos) << textOf(error);
}

TEST_F(PluginSetTest, HangAtStartIsFailedAtTheDeadline) {
  auto& supervisor = start("hangAtStart");
  EXPECT_EQ(supervisor.state(), State::FAILED);
  EXPECT_NE(supervisor.reason().find("did not finish within 1500 ms"), std::string::npos)
      << supervisor.reason();
}

TEST_F(PluginSetTest, FailureAtStartKeepsItsText) {
  auto& supervisor = start("failAtStart");
  EXPECT_EQ(supervisor.state(), State::FAILED);
  EXPECT_NE(supervisor.reason().find("this machine has no such device"), std::string::npos);
}

TEST_F(PluginSetTest, GarbageEndsThePluginAndNotTheKernel) {
  deadlineMs = 20'000;  // it is started anew for each repetition, after pauses
  for (auto behaviour : {"garbage", "nonsense"}) {
    auto& supervisor = start(behaviour);
    auto before = supervisor.pid();
    auto outstanding = volumes().listRequest().send();
    auto error = failureOf(volumes().createRequest().send());
    EXPECT_EQ(codeOf(error), ErrorCode::UNAVAILABLE) << textOf(error);
    EXPECT_NE(textOf(error).find("VolumeDriver.create: it sent what is not the protocol: "),
              std::string::npos)
        << textOf(error);
    EXPECT_EQ(codeOf(failureOf(outstanding)), ErrorCode::UNAVAILABLE);
    EXPECT_EQ(supervisor.lastEnd().find("it sent what is not the protocol: "), 0u)
        << supervisor.lastEnd();
    loop.wait(supervisor.service().ignoreResult());
    EXPECT_NE(supervisor.pid(), before);
  }
}

TEST_F(PluginSetTest, GarbageUnderPolicyFailIsWhatCallersHear) {
  auto& supervisor = start("garbage", "policy = \"fail\"\n");
  auto error = failureOf(volumes().createRequest().send());
  EXPECT_EQ(codeOf(error), ErrorCode::UNAVAILABLE);
  EXPECT_NE(textOf(error).find("it sent what is not the protocol: "), std::string::npos)
      << textOf(error);
  EXPECT_EQ(supervisor.lastEnd().find("it sent what is not the protocol: "), 0u);
}

TEST_F(PluginSetTest, HalfAMessageIsBoundedByTheDeadlineAndEndedByPings) {
  auto& supervisor = start("half");
  auto before = supervisor.pid();
  EXPECT_EQ(codeOf(failureOf(volumes().usageRequest().send())), ErrorCode::UNSUPPORTED);
  auto error = failureOf(volumes().createRequest().send());
  EXPECT_TRUE(codeOf(error) == ErrorCode::UNAVAILABLE || codeOf(error) == ErrorCode::DEADLINE)
      << textOf(error);
  loop.wait(loop.timer().afterDelay(800 * kj::MILLISECONDS));
  loop.wait(supervisor.service().ignoreResult());
  EXPECT_NE(supervisor.pid(), before);
}

TEST_F(PluginSetTest, BlockedLoopIsFoundByPing) {
  auto& supervisor = start("blockLoop");
  auto before = supervisor.pid();
  auto error = failureOf(volumes().createRequest().send());
  EXPECT_NE(codeOf(error), ErrorCode::INTERNAL) << textOf(error);
  loop.wait(loop.timer().afterDelay(800 * kj::MILLISECONDS));
  loop.wait(supervisor.service().ignoreResult());
  EXPECT_NE(supervisor.pid(), before);
}

TEST_F(PluginSetTest, SlowCallMeetsItsDeadline) {
  start("slow");
  auto error = failureOf(volumes().createRequest().send());
  EXPECT_EQ(codeOf(error), ErrorCode::DEADLINE);
  EXPECT_NE(textOf(error).find("VolumeDriver.create"), std::string::npos) << textOf(error);
}

TEST_F(PluginSetTest, PolicyFailDoesNotWait) {
  auto& supervisor = start("serve", "policy = \"fail\"\n");
  killHost(supervisor);
  loop.wait(loop.timer().afterDelay(20 * kj::MILLISECONDS));
  if (supervisor.state() == State::RESTARTING) {
    EXPECT_EQ(codeOf(failureOf(volumes().listRequest().send())), ErrorCode::UNAVAILABLE);
  }
}

TEST_F(PluginSetTest, RestartOnDemand) {
  auto& supervisor = start("serve");
  auto before = supervisor.pid();
  loop.wait(supervisor.restart());
  EXPECT_EQ(supervisor.state(), State::LOADED);
  EXPECT_NE(supervisor.pid(), before);
}

TEST_F(PluginSetTest, RestartOfWhatCannotStartSaysWhy) {
  auto& supervisor = start("failAtStart");
  auto error = failureOf(supervisor.restart().then([]() { return 0; }));
  EXPECT_NE(textOf(error).find("no such device"), std::string::npos);
}

TEST_F(PluginSetTest, SwapMovesCallersAcross) {
  auto& supervisor = start("serve");
  auto before = supervisor.pid();
  loop.wait(supervisor.swap(std::string(STAVE_TEST_PLUGINS) + "/volume-hostile.so"));
  EXPECT_NE(supervisor.pid(), before);
  EXPECT_EQ(pathAnswer(), "served by " + std::to_string(supervisor.pid()));
}

TEST_F(PluginSetTest, SwapToSomethingElseKeepsTheOld) {
  auto& supervisor = start("serve");
  auto before = supervisor.pid();
  auto error = failureOf(supervisor.swap("/no/such/file.so").then([]() { return 0; }));
  EXPECT_EQ(codeOf(error), ErrorCode::NOT_FOUND) << textOf(error);
  EXPECT_EQ(supervisor.pid(), before);
  EXPECT_EQ(pathAnswer(), "served by " + std::to_string(before));
}

TEST_F(PluginSetTest, ChangedSettingsRestartWhatCannotTakeThemLive) {
  auto& supervisor = start("serve");
  auto before = supervisor.pid();
  auto report = loop.wait(set->reload(configure("slow")));
  ASSERT_EQ(report.applied.size(), 1u);
  EXPECT_EQ(report.applied[0], "volume/hostile: restarted");
  EXPECT_NE(supervisor.pid(), before);
}

TEST_F(PluginSetTest, UnknownNamesGetAHint) {
  start("serve");
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { set->find("hostil"); })) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::NOT_FOUND);
    EXPECT_NE(textOf(*exception).find("hostile"), std::string::npos);
  } else {
    ADD_FAILURE() << "found what is not there";
  }
  EXPECT_THROW(set->service("teapot", ""), kj::Exception);
}

TEST_F(PluginSetTest, CheckFindsAWrongSettingWithItsPlace) {
  auto config = configure("serve", "[volume.hostile.settings.extra]\nx = 1\n");
  auto problems = checkConfig(loop, config);
  bool found = false;
  for (auto& problem : problems)
    found |= problem.find("test.toml:") != std::string::npos &&
             problem.find("extra") != std::string::npos;
  EXPECT_TRUE(found) << (problems.empty() ? "no problem found" : problems[0]);
}

}  // namespace
}  // namespace stave::plugin
