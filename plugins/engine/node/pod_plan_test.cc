#include "pod_plan.h"

#include <gtest/gtest.h>

namespace stave::node {
namespace {

using Kind = Action::Kind;

constexpr int64_t millisecond = 1'000'000;
constexpr int64_t second = 1000 * millisecond;

struct PodPlan : testing::Test {
  PodWish wish;
  PodState state;
  int64_t now = 1000 * second;

  PodPlan() { state.containers.resize(1); }

  Plan plan() {
    observeWish(wish, state);
    return planPod(wish, state, now);
  }
  std::vector<Action> actions() { return plan().actions; }
  void run(size_t index = 0) { recordStart(state.containers[index], 42, now); }
  void exit(int32_t code, size_t index = 0) { recordExit(state.containers[index], code, now); }
};

using Actions = std::vector<Action>;

TEST_F(PodPlan, StartsWhatIsWanted) {
  EXPECT_EQ(actions(), (Actions{{Kind::start, {0}}}));
}

TEST_F(PodPlan, OnlyPreparesWhatIsToBeCreated) {
  wish.desired = Desired::created;
  EXPECT_EQ(actions(), (Actions{{Kind::prepare, {0}}}));
  state.containers[0].phase = ContainerPhase::prepared;
  EXPECT_EQ(actions(), Actions{});
  wish.desired = Desired::running;
  EXPECT_EQ(actions(), (Actions{{Kind::start, {0}}}));
}

TEST_F(PodPlan, LeavesARunningContainerAlone) {
  actions();
  run();
  auto next = plan();
  EXPECT_EQ(next.actions, Actions{});
  EXPECT_FALSE(next.wakeAt);
}

TEST_F(PodPlan, LeavesAStoppedContainerWithoutPolicyStopped) {
  actions();
  run();
  state.networked = true;
  exit(3);
  EXPECT_EQ(actions(), (Actions{{Kind::tearDown}}));
  state.networked = false;
  EXPECT_EQ(actions(), Actions{});
}

TEST_F(PodPlan, RestartsWithABackOffThatDoublesUpToAMinute) {
  wish.restartMode = RestartMode::always;
  actions();
  run();
  for (int64_t expected :
       {100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 60000, 60000}) {
    exit(0);
    auto next = plan();
    EXPECT_EQ(next.actions, Actions{});
    ASSERT_TRUE(next.wakeAt);
    EXPECT_EQ(*next.wakeAt - now, expected * millisecond);
    now = *next.wakeAt;
    EXPECT_EQ(actions(), (Actions{{Kind::start, {0}}}));
    run();
  }
  EXPECT_EQ(state.containers[0].restarts, 12u);
}

TEST_F(PodPlan, ForgetsTheBackOffAfterTenSecondsOfRunning) {
  wish.restartMode = RestartMode::always;
  actions();
  for (int i = 0; i < 4; ++i) {
    run();
    exit(1);
  }
  run();
  now += 10 * second;
  exit(1);
  EXPECT_EQ(*plan().wakeAt - now, 100 * millisecond);
}

TEST_F(PodPlan, RestartsOnFailureOnly) {
  wish.restartMode = RestartMode::onFailure;
  wish.maximumRetries = 2;
  actions();
  run();
  exit(0);
  EXPECT_FALSE(plan().wakeAt);
  exit(1);
  EXPECT_TRUE(plan().wakeAt);
  run();
  run();
  exit(1);
  EXPECT_FALSE(plan().wakeAt) << "two restarts were allowed and used";
}

TEST_F(PodPlan, StopsWithASignalAndKillsAfterTheTimeout) {
  actions();
  run();
  wish.desired = Desired::stopped;
  EXPECT_EQ(actions(), (Actions{{Kind::signalStop, {0}}}));
  state.containers[0].signalledAt = now;
  auto waiting = plan();
  EXPECT_EQ(waiting.actions, Actions{});
  EXPECT_EQ(*waiting.wakeAt, now + 10 * second);
  now += 10 * second;
  EXPECT_EQ(actions(), (Actions{{Kind::kill, {0}}}));
  state.containers[0].killed = true;
  EXPECT_EQ(actions(), Actions{});
  exit(137);
  EXPECT_EQ(actions(), Actions{});
}

TEST_F(PodPlan, ResumesBeforeItStops) {
  actions();
  run();
  wish.desired = Desired::paused;
  EXPECT_EQ(actions(), (Actions{{Kind::pause, {0}}}));
  state.containers[0].phase = ContainerPhase::paused;
  EXPECT_EQ(actions(), Actions{});
  wish.desired = Desired::stopped;
  EXPECT_EQ(actions(), (Actions{{Kind::resume, {0}}}));
}

TEST_F(PodPlan, StartsAgainWhenAskedTo) {
  actions();
  run();
  exit(1);
  EXPECT_EQ(actions(), Actions{});
  ++wish.restart;
  EXPECT_EQ(actions(), (Actions{{Kind::start, {0}}}));
  run();
  EXPECT_EQ(state.containers[0].restarts, 0u) << "asked for is not restarted";
  ++wish.restart;
  EXPECT_EQ(actions(), (Actions{{Kind::signalStop, {0}}}));
  exit(143);
  EXPECT_EQ(actions(), (Actions{{Kind::start, {0}}}));
}

TEST_F(PodPlan, StartsAfterItWasStopped) {
  actions();
  run();
  wish.desired = Desired::stopped;
  actions();
  exit(0);
  EXPECT_EQ(actions(), Actions{});
  wish.desired = Desired::running;
  EXPECT_EQ(actions(), (Actions{{Kind::start, {0}}}));
}

TEST_F(PodPlan, PurgesWhatIsToGoWhenDone) {
  wish.removeWhenDone = true;
  actions();
  run();
  state.networked = true;
  exit(0);
  EXPECT_EQ(actions(), (Actions{{Kind::purge}}));
  state.purged = true;
  EXPECT_EQ(actions(), Actions{});
}

TEST_F(PodPlan, KillsBeforeItRemoves) {
  actions();
  run();
  wish.deleted = true;
  EXPECT_EQ(actions(), (Actions{{Kind::kill, {0}}}));
  state.containers[0].killed = true;
  EXPECT_EQ(actions(), Actions{});
  exit(137);
  EXPECT_EQ(actions(), (Actions{{Kind::purge}}));
  state.purged = true;
  EXPECT_EQ(actions(), Actions{});
}

TEST_F(PodPlan, GivesUpWithoutAPolicy) {
  actions();
  state.failure = Failure{.reason = "PortInUse"};
  EXPECT_EQ(actions(), Actions{});
  ++wish.restart;
  EXPECT_EQ(actions(), (Actions{{Kind::start, {0}}}));
}

TEST_F(PodPlan, TriesAgainWithAPolicyUnlessItIsHopeless) {
  wish.restartMode = RestartMode::always;
  actions();
  state.failure = Failure{.reason = "PortInUse", .retryAt = now + second};
  EXPECT_EQ(*plan().wakeAt, now + second);
  now += second;
  EXPECT_EQ(actions(), (Actions{{Kind::start, {0}}}));
  state.failure->permanent = true;
  EXPECT_EQ(actions(), Actions{});
}

TEST_F(PodPlan, TriesAgainWithoutAPolicyWhenAPluginDied) {
  actions();
  state.failure =
      Failure{.reason = "RootFailed", .driverLost = true, .retryAt = now, .attempts = 4};
  EXPECT_EQ(actions(), (Actions{{Kind::start, {0}}}));
  state.failure->attempts = 5;
  EXPECT_EQ(actions(), Actions{});
}

TEST_F(PodPlan, RunsInitContainersOneAfterTheOther) {
  state.containers.resize(4);
  state.containers[0].init = state.containers[1].init = true;
  EXPECT_EQ(actions(), (Actions{{Kind::start, {0}}}));
  run(0);
  EXPECT_EQ(actions(), Actions{});
  exit(0, 0);
  EXPECT_EQ(actions(), (Actions{{Kind::start, {1}}}));
  run(1);
  exit(0, 1);
  EXPECT_EQ(actions(), (Actions{{Kind::start, {2, 3}}}));
}

TEST_F(PodPlan, HoldsTheMainContainersBackWhileAnInitContainerFails) {
  state.containers.resize(2);
  state.containers[0].init = true;
  actions();
  run(0);
  exit(1, 0);
  EXPECT_EQ(actions(), Actions{});
  wish.restartMode = RestartMode::onFailure;
  EXPECT_EQ(*plan().wakeAt - now, 100 * millisecond);
}

TEST_F(PodPlan, TakesUpWhatWasFollowedBefore) {
  state.adopted = true;
  state.desired = Desired::running;
  state.restart = 7;
  wish.restart = 7;
  state.containers[0].phase = ContainerPhase::stopped;
  EXPECT_EQ(actions(), Actions{}) << "it exited under the present wish";
  wish.restart = 8;
  EXPECT_EQ(actions(), (Actions{{Kind::start, {0}}})) << "asked for while the engine was away";
}

TEST_F(PodPlan, RestartsOneOfSeveralAlone) {
  state.containers.resize(2);
  wish.restartMode = RestartMode::always;
  actions();
  run(0);
  run(1);
  exit(1, 1);
  now += second;
  EXPECT_EQ(actions(), (Actions{{Kind::start, {1}}}));
}

}  // namespace
}  // namespace stave::node
