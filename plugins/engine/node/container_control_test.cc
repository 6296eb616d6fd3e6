#include "container_control.h"

#include <signal.h>

#include "engine_fixture.h"

namespace stave::node {
namespace {

struct Control : EngineTest {
  ~Control() noexcept override {}

  Environment environment = newEnvironment();
  std::vector<ContainerControl::Exit> exits;
  ContainerControl control{environment, "c1", [this](auto& exit) { exits.push_back(exit); }};

  void done(kj::Promise<void> work) { testing::wait(loop, kj::mv(work)); }
  Attachments attachments;

  ContainerControl::LateFiles late = []() {
    return kj::Promise<std::vector<ContainerControl::File>>(std::vector<ContainerControl::File>{});
  };
  kj::Promise<int32_t> begin(ContainerControl& which) {
    auto fill = [](schema::ContainerSpec::Builder spec) { spec.setId("c1"); };
    return which.run(fill, late, attachments);
  }
  void run() { EXPECT_EQ(testing::wait(loop, begin(control)), 4242); }
  void makeSnapshot() {
    auto made = control.prepare("", false);
    testing::wait(loop, kj::mv(made.made));
  }
  void untilExit() {
    until([this]() { return !exits.empty(); }, "the exit");
  }
};

TEST_F(Control, TellsTheExitOnce) {
  run();
  world->exit("c1", 7);
  untilExit();
  testing::runFor(loop, 20 * kj::MILLISECONDS);
  ASSERT_EQ(exits.size(), 1u);
  EXPECT_EQ(exits[0].code, 7);
}

TEST_F(Control, WhatIsNotThereCannotBeUsed) {
  EXPECT_FALSE(control.exists());
  kj::Promise<void> signalling = control.signal(SIGTERM, false);
  EXPECT_EQ(testing::codeOfFailure(loop, kj::mv(signalling)), ErrorCode::CONFLICT);
  auto opened = control.open();
  EXPECT_EQ(testing::codeOfFailure(loop, kj::mv(opened.made)), ErrorCode::NOT_FOUND);
}

TEST_F(Control, AContainerOfAnEarlierAttemptIsReplaced) {
  run();
  auto earlier = world->containers.at("c1");
  ContainerControl again(environment, "c1", [](auto&) {});
  EXPECT_EQ(testing::wait(loop, begin(again)), 4242);
  EXPECT_NE(world->containers.at("c1"), earlier);
  EXPECT_TRUE(again.exists());
}

TEST_F(Control, WhatBecomesKnownLaterComesWithTheStart) {
  auto pair = kj::newPromiseAndFulfiller<std::vector<ContainerControl::File>>();
  late = [&pair]() { return kj::mv(pair.promise); };
  auto running = begin(control);
  until([this]() { return world->containers.count("c1") == 1; }, "the container");
  EXPECT_EQ(world->containers.at("c1")->phase, schema::ContainerState::Phase::CREATED);
  pair.fulfiller->fulfill({{"/etc/hosts", "10.0.0.2 web"}});
  EXPECT_EQ(testing::wait(loop, kj::mv(running)), 4242);
  EXPECT_EQ(world->containers.at("c1")->files["/etc/hosts"], "10.0.0.2 web");
}

TEST_F(Control, AContainerThatIsNotToStartIsKnownAllTheSame) {
  late = []() { return makeError(ErrorCode::CONFLICT, "port 80 is taken"); };
  auto running = begin(control);
  EXPECT_EQ(testing::codeOfFailure(loop, kj::mv(running)), ErrorCode::CONFLICT);
  EXPECT_EQ(world->starts, 0u);
  EXPECT_TRUE(control.exists());
  done(control.discard());
  EXPECT_TRUE(world->containers.empty());
}

TEST_F(Control, OtherRefusalsOfTheRuntimeAreTold) {
  script->fail("create", 1, makeError(ErrorCode::NOT_FOUND, "no such command"));
  EXPECT_EQ(testing::codeOfFailure(loop, begin(control)), ErrorCode::NOT_FOUND);
  EXPECT_EQ(script->calls("create"), 1u);
}

TEST_F(Control, AReservationIsHeldUntilTheContainerRuns) {
  control.reserve("parent");
  testing::runFor(loop, 1 * kj::MILLISECONDS);
  EXPECT_EQ(world->reserved, std::set<std::string>{"parent/c1"});
  run();
  EXPECT_TRUE(world->reserved.empty());
}

TEST_F(Control, AReservationThatLeadsToNothingIsGivenBack) {
  control.reserve("");
  script->fail("create", 1, makeError(ErrorCode::NOT_FOUND, "no such command"));
  EXPECT_EQ(testing::codeOfFailure(loop, begin(control)), ErrorCode::NOT_FOUND);
  EXPECT_TRUE(world->reserved.empty());
  control.reserve("");
  testing::runFor(loop, 1 * kj::MILLISECONDS);
  EXPECT_FALSE(world->reserved.empty());
  control.release();
  EXPECT_TRUE(world->reserved.empty());
}

TEST_F(Control, ARuntimeThatReservesNothingIsNoFailure) {
  script->fail("reserve", 1, makeError(ErrorCode::UNSUPPORTED, "nothing to make ahead"));
  control.reserve("");
  run();
}

TEST_F(Control, WhoeverAttachedIsJoinedThroughASecondAttemptToo) {
  auto process = attachments.waitForStart();
  script->fail("create", 1, makeError(ErrorCode::ALREADY_EXISTS, "c1"));
  run();
  EXPECT_TRUE(attachments.empty());
  testing::wait(loop, process.streamsRequest().send().ignoreResult());
}

TEST_F(Control, SignalsReachIt) {
  run();
  done(control.signal(SIGTERM, false));
  EXPECT_EQ(world->containers.at("c1")->signals, std::vector<int>{SIGTERM});
  untilExit();
  EXPECT_EQ(exits[0].code, 128 + SIGTERM);
}

TEST_F(Control, ItGoesWithItsFileSystem) {
  makeSnapshot();
  run();
  done(control.discard());
  EXPECT_TRUE(world->containers.empty());
  done(control.removeSnapshot());
  EXPECT_TRUE(world->snapshots.empty());
  EXPECT_FALSE(control.exists());
  EXPECT_TRUE(exits.empty()) << "whoever discards it does not want to hear of its end";
}

TEST_F(Control, DiscardingKeepsTheFileSystemAndIsRepeatable) {
  makeSnapshot();
  run();
  done(control.discard());
  done(control.discard());
  EXPECT_TRUE(world->containers.empty());
  EXPECT_EQ(world->snapshots.size(), 1u);
}

TEST_F(Control, OneThatIsOnlyKnownToTheRuntimeIsDiscardedToo) {
  run();
  ContainerControl later(environment, "c1", [](auto&) {});
  done(later.discard());
  EXPECT_TRUE(world->containers.empty());
}

TEST_F(Control, OneThatTheRuntimeForgotCountsAsKilled) {
  // Waiting for it fails, and then nobody knows it.
  auto lost = makeError(ErrorCode::UNAVAILABLE, "the runtime died");
  control.adopt(kj::cp(lost));
  untilExit();
  EXPECT_EQ(exits[0].code, 128 + SIGKILL);
  EXPECT_NE(exits[0].message.find("no longer knows"), std::string::npos);
  EXPECT_FALSE(control.exists());
}

TEST_F(Control, OneThatOutlivedTheRuntimePlugInIsWatchedOn) {
  run();
  ContainerControl later(environment, "c1", [this](auto& exit) { exits.push_back(exit); });
  later.adopt(makeError(ErrorCode::UNAVAILABLE, "the runtime died"));
  testing::runFor(loop, 300 * kj::MILLISECONDS);
  EXPECT_TRUE(exits.empty()) << "it runs";
  done(control.signal(SIGKILL, false));
  until([this]() { return exits.size() == 2; }, "both hear of the exit");
  EXPECT_EQ(exits[1].code, 128 + SIGKILL);
}

TEST_F(Control, WhoUsesItWhileTheRuntimeBeginsAnewWaits) {
  run();
  ContainerControl later(environment, "c1", [](auto&) {});
  later.adopt(makeError(ErrorCode::UNAVAILABLE, "the runtime died"));
  testing::runFor(loop, 20 * kj::MILLISECONDS);
  done(later.signal(SIGTERM, false));
  EXPECT_EQ(world->containers.at("c1")->signals, std::vector<int>{SIGTERM});
}

TEST_F(Control, OneThatIsBeingLookedForCanBeDiscarded) {
  run();
  ContainerControl later(environment, "c1", [](auto&) {});
  later.adopt(makeError(ErrorCode::UNAVAILABLE, "the runtime died"));
  testing::runFor(loop, 20 * kj::MILLISECONDS);
  done(later.discard());
  EXPECT_TRUE(world->containers.empty());
}

}  // namespace
}  // namespace stave::node
