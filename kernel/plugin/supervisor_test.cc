#include "kernel/plugin/supervisor.h"

#include <signal.h>

#include "kernel/plugin/test_hostile.h"
#include "stave/error.h"

namespace stave::plugin {
namespace {

using State = Supervisor::State;

struct SupervisorTest : ::testing::Test, Supervisor::Listener {
  ~SupervisorTest() noexcept override { supervisor = nullptr; }

  void stateChanged(Supervisor& changed) override { states.push_back(changed.state()); }
  void described(capnp::List<capnp::schema::Node>::Reader nodes) override {
    describedTypes = nodes.size();
  }
  schema::Broker::Client brokerFor(const config::PluginConfig&) override {
    class Paths final : public schema::Broker::Server {
      kj::Promise<void> paths(PathsContext context) override {
        context.getResults().setState("/tmp");
        context.getResults().setRun("/tmp");
        return kj::READY_NOW;
      }
    };
    return kj::heap<Paths>();
  }

  Supervisor& make(const std::string& behaviour, const std::string& more = "",
                   const std::string& settings = "") {
    Limits limits{STAVE_TEST_HOST, 1500, 100, 300};
    auto config = hostilePlugin(behaviour, more, settings);
    supervisor = std::make_unique<Supervisor>(loop, config, limits, *this);
    loop.wait(supervisor->describe());
    return *supervisor;
  }
  Supervisor& start(const std::string& behaviour, const std::string& more = "",
                    const std::string& settings = "") {
    auto& made = make(behaviour, more, settings);
    loop.wait(made.start());
    return made;
  }
  void kill9() {
    ASSERT_GT(supervisor->pid(), 0);
    kill(supervisor->pid(), SIGKILL);
  }
  template <typename Promise>
  std::string errorOf(Promise promise) {
    KJ_IF_MAYBE (exception,
                 kj::runCatchingExceptions([&]() { loop.wait(promise.ignoreResult()); })) {
      return std::string(nameOf(codeOf(*exception))) + " " + textOf(*exception);
    }
    return "";
  }

  Loop loop;
  std::unique_ptr<Supervisor> supervisor;
  std::vector<State> states;
  size_t describedTypes = 0;
};

TEST_F(SupervisorTest, KnowsWhatItIsBeforeItStarts) {
  auto& made = make("exitAtStart");
  EXPECT_EQ(made.state(), State::STARTING);
  EXPECT_EQ(made.description().name, "hostile");
  EXPECT_EQ(made.description().version, "1.0");
  EXPECT_GT(describedTypes, 0u);
  EXPECT_EQ(made.loadedAt(), 0);
}

TEST_F(SupervisorTest, StartsAndServes) {
  auto& started = start("serve");
  EXPECT_EQ(started.state(), State::LOADED);
  EXPECT_EQ(started.reason(), "");
  EXPECT_EQ(started.restarts(), 0u);
  EXPECT_GT(started.loadedAt(), 0);
  ASSERT_FALSE(states.empty());
  EXPECT_EQ(states.back(), State::LOADED);
  EXPECT_GT(loop.wait(started.service()).generation, 0u);
}

TEST_F(SupervisorTest, WhoAsksWhileItComesBackWaits) {
  auto& started = start("serve");
  auto generation = loop.wait(started.service()).generation;
  kill9();
  started.disconnected(generation);
  EXPECT_GT(loop.wait(started.service()).generation, generation);
  EXPECT_EQ(started.state(), State::LOADED);
  EXPECT_EQ(started.restarts(), 1u);
}

TEST_F(SupervisorTest, AnOldDisconnectionIsNoNews) {
  auto& started = start("serve");
  auto generation = loop.wait(started.service()).generation;
  kill9();
  started.disconnected(generation);
  auto next = loop.wait(started.service()).generation;
  started.disconnected(generation);
  EXPECT_EQ(loop.wait(started.service()).generation, next);
}

TEST_F(SupervisorTest, WhatWasSkippedSaysWhy) {
  auto& made = make("serve");
  made.skip("it requires teapot, which is not in the stack");
  EXPECT_EQ(made.state(), State::SKIPPED);
  auto error = errorOf(made.service());
  EXPECT_NE(error.find("unavailable"), std::string::npos) << error;
  EXPECT_NE(error.find("it requires teapot"), std::string::npos) << error;
}

TEST_F(SupervisorTest, WhatCannotStartFailsItsCallers) {
  auto& started = start("failAtStart");
  EXPECT_EQ(started.state(), State::FAILED);
  EXPECT_NE(errorOf(started.service()).find("this machine has no such device"), std::string::npos);
}

TEST_F(SupervisorTest, KnowsHowAGenerationEnded) {
  auto& started = start("serve");
  auto generation = loop.wait(started.service()).generation;
  auto end = started.endOf(generation);
  kill9();
  EXPECT_EQ(loop.wait(kj::mv(end)), "killed by signal 9");
  EXPECT_EQ(started.lastEnd(), "killed by signal 9");
  auto next = loop.wait(started.service()).generation;
  EXPECT_EQ(started.lastEnd(), "killed by signal 9");
  EXPECT_EQ(loop.wait(started.endOf(generation)), "killed by signal 9");
  EXPECT_EQ(loop.wait(started.endOf(next)), "") << "it lives";
}

TEST_F(SupervisorTest, StopsForGood) {
  auto& started = start("serve");
  auto pid = started.pid();
  loop.wait(started.stop());
  EXPECT_EQ(started.state(), State::STOPPED);
  EXPECT_EQ(kill(pid, 0), -1);
  EXPECT_NE(errorOf(started.service()), "");
}

TEST_F(SupervisorTest, ASwapThatFailsLeavesTheOldOne) {
  auto& started = start("serve");
  auto pid = started.pid();
  EXPECT_NE(errorOf(started.swap("/no/such.so").then([]() { return 0; })), "");
  EXPECT_EQ(started.pid(), pid);
  EXPECT_EQ(started.state(), State::LOADED);
}

TEST_F(SupervisorTest, WhatAnInlineInstanceGaveOutOutlivesIt) {
  auto& started = start("slow", "isolation = \"inline\"\n", "delay = 100\n");
  auto answers = [&](capnp::Capability::Client service) {
    auto call = service.castAs<schema::VolumeDriver>().pathRequest().send();
    return errorOf(kj::mv(call)) == "";
  };
  auto first = loop.wait(started.service()).capability;
  loop.wait(started.restart());
  EXPECT_TRUE(answers(first)) << "after a restart";
  auto second = loop.wait(started.service()).capability;
  loop.wait(started.swap(std::string(STAVE_TEST_PLUGINS) + "/volume-hostile.so"));
  EXPECT_TRUE(answers(second)) << "after a swap";
  auto third = loop.wait(started.service()).capability;
  loop.wait(started.stop());
  EXPECT_TRUE(answers(third)) << "after the end";
}

TEST_F(SupervisorTest, ARestartMakesANewInstance) {
  auto& started = start("serve");
  auto before = loop.wait(started.service()).generation;
  loop.wait(started.restart());
  EXPECT_GT(loop.wait(started.service()).generation, before);
}

}  // namespace
}  // namespace stave::plugin
