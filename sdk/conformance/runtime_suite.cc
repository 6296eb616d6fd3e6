// What every runtime promises: the life of a container, its exit, and what happens when things are
// wrong. Streams are in runtime_streams_suite.cc, isolation and limits in
// runtime_isolation_suite.cc.
#include <signal.h>

#include "runtime_fixture.h"

namespace stave::conformance {

namespace {

using Phase = schema::ContainerState::Phase;

std::string failureText(kj::Promise<void> promise) {
  KJ_IF_MAYBE (exception, testing::failureOf(loop(), kj::mv(promise))) {
    return textOf(*exception);
  }
  return "";
}

}  // namespace

TEST_F(RuntimeConformance, ExitCodesAreThoseOfTheCommand) {
  EXPECT_EQ(run({"true"}).code, 0);
  EXPECT_EQ(run({"sh", "-c", "exit 42"}).code, 42);
  EXPECT_EQ(run({"sh", "-c", "kill -TERM $$; sleep 5"}, [](auto spec) { spec.setInit(true); }).code,
            128 + SIGTERM);
}

TEST_F(RuntimeConformance, OutputGoesToItsStream) {
  auto outcome = shell("echo out; echo err >&2");
  EXPECT_EQ(outcome.output, "out\n");
  EXPECT_EQ(outcome.errors, "err\n");
}

TEST_F(RuntimeConformance, AContainerGoesThroughItsPhases) {
  auto container = create("phases", {"sleep", "100"});
  EXPECT_EQ(phase(container), Phase::CREATED);
  pid_t pid = start(container);
  auto stateReply = wait(container.stateRequest().send());
  auto state = stateReply.getState();
  EXPECT_EQ(state.getPhase(), Phase::RUNNING);
  EXPECT_EQ(state.getPid(), pid);
  EXPECT_GT(state.getStartedAt(), 0);
  EXPECT_EQ(failureOf(container.startRequest().send()), ErrorCode::CONFLICT);
  auto kill9 = [&] {
    auto request = container.signalRequest();
    request.setNumber(SIGKILL);
    return request.send();
  };
  wait(kill9());
  auto exitReply = wait(container.waitRequest().send());
  auto exit = exitReply.getExit();
  EXPECT_EQ(exit.getCode(), 128 + SIGKILL);
  EXPECT_GE(exit.getFinishedAt(), exit.getStartedAt());
  EXPECT_EQ(phase(container), Phase::STOPPED);
  EXPECT_EQ(failureOf(kill9()), ErrorCode::CONFLICT);
  EXPECT_EQ(kill(pid, 0), -1);
  remove(container);
  remove(container);
}

TEST_F(RuntimeConformance, AMissingCommandIsFoundOutAtCreation) {
  EXPECT_EQ(failureText(requestCreate("wrong", {"nosuch"}).ignoreResult()),
            "exec: \"nosuch\": executable file not found in $PATH");
  EXPECT_EQ(failureOf(requestCreate("wrong", {"nosuch"})), ErrorCode::NOT_FOUND);
  EXPECT_EQ(failureText(requestCreate("wrong", {"/bin/nosuch"}).ignoreResult()),
            "exec: \"/bin/nosuch\": stat /bin/nosuch: no such file or directory");
}

TEST_F(RuntimeConformance, ACommandThatMayNotBeExecutedIsDenied) {
  EXPECT_EQ(failureText(requestCreate("wrong", {"/etc/not-executable"}).ignoreResult()),
            "exec: \"/etc/not-executable\": permission denied");
  EXPECT_EQ(failureOf(requestCreate("wrong", {"/etc"})), ErrorCode::DENIED);
}

TEST_F(RuntimeConformance, AFailedCreationLeavesTheIdFree) {
  EXPECT_EQ(failureOf(requestCreate("again", {"nosuch"})), ErrorCode::NOT_FOUND);
  EXPECT_EQ(wait(runtime().listRequest().send()).getContainers().size(), 0u);
  remove(create("again", {"true"}));
}

TEST_F(RuntimeConformance, AnIdIsUsedOnce) {
  auto container = create("twin", {"sleep", "100"});
  EXPECT_EQ(failureOf(requestCreate("twin", {"true"})), ErrorCode::ALREADY_EXISTS);
  EXPECT_EQ(failureOf(requestCreate("Not/an id", {"true"})), ErrorCode::INVALID);
}

TEST_F(RuntimeConformance, UnknownContainersAreNotFound) {
  auto request = runtime().getRequest();
  request.setId("nobody-made-me");
  EXPECT_EQ(failureOf(request.send()), ErrorCode::NOT_FOUND);
}

TEST_F(RuntimeConformance, DeletingKillsWhatRuns) {
  auto container = create("victim", {"sh", "-c", "sleep 1000 & sleep 1000"});
  pid_t pid = start(container);
  remove(container);
  EXPECT_EQ(kill(pid, 0), -1);
  EXPECT_EQ(wait(runtime().listRequest().send()).getContainers().size(), 0u);
}

TEST_F(RuntimeConformance, DeletingWhatWasNeverStarted) {
  remove(create("unborn", {"true"}));
}

TEST_F(RuntimeConformance, PausedProcessesStandStillUntilResumed) {
  auto container = started("pausing", {"sh", "-c", "sleep 0.3; exit 7"});
  wait(container.pauseRequest().send());
  wait(container.pauseRequest().send());
  EXPECT_EQ(phase(container), Phase::PAUSED);
  auto waiting =
      container.waitRequest().send().then([](auto reply) { return reply.getExit().getCode(); });
  testing::runFor(loop(), 600 * kj::MILLISECONDS);
  EXPECT_EQ(phase(container), Phase::PAUSED);
  wait(container.resumeRequest().send());
  EXPECT_EQ(wait(kj::mv(waiting), "the exit"), 7);
}

TEST_F(RuntimeConformance, APausedContainerCanBeDeleted) {
  auto container = started("frozen", {"sleep", "1000"});
  wait(container.pauseRequest().send());
  remove(container);
}

TEST_F(RuntimeConformance, ASignalReachesEachProcessIfWanted) {
  auto container = started("all", {"sh", "-c", "sleep 1000 & echo ready; wait; exit 9"});
  waitUntil([&] { return wait(container.processesRequest().send()).getPids().size() == 2; },
            "both");
  auto request = container.signalRequest();
  request.setNumber(SIGKILL);
  request.setAll(true);
  wait(request.send());
  EXPECT_EQ(exitCode(container), 128 + SIGKILL);
}

TEST_F(RuntimeConformance, TheFirstProcessTakesTheOthersAlong) {
  auto container = started("family", {"sh", "-c", "sleep 1000 & sleep 0.1; exit 3"});
  EXPECT_EQ(exitCode(container), 3);
  EXPECT_EQ(wait(container.processesRequest().send()).getPids().size(), 0u);
}

TEST_F(RuntimeConformance, ContainersOutliveTheRuntime) {
  auto running = started("running", {"sh", "-c", "sleep 1; exit 5"});
  create("created", {"sh", "-c", "exit 6"});
  exitCode(started("stopped", {"sh", "-c", "exit 4"}));
  restartSubject();
  EXPECT_EQ(wait(runtime().listRequest().send()).getContainers().size(), 3u);
  EXPECT_EQ(exitCode(get("running")), 5);
  EXPECT_EQ(exitCode(get("stopped")), 4);
  EXPECT_EQ(phase(get("created")), Phase::CREATED);
  start(get("created"));
  EXPECT_EQ(exitCode(get("created")), 6);
}

TEST_F(RuntimeConformance, AnInterruptedCreationLeavesNothingHalfDone) {
  for (int delay = 0; delay < 12; delay++) {
    {
      auto creating =
          requestCreate("torn", {"sleep", "1000"}).ignoreResult().eagerlyEvaluate(nullptr);
      testing::runFor(loop(), delay * kj::MILLISECONDS);
      killSubject();
    }
    restartSubject();
    auto list = wait(runtime().listRequest().send());
    for (auto state : list.getContainers()) {
      EXPECT_EQ(state.getPhase(), Phase::CREATED);
      remove(get(state.getId()));
    }
    auto container = started("torn", {"sleep", "1000"});
    EXPECT_EQ(wait(container.processesRequest().send()).getPids().size(), 1u);
    remove(container);
  }
}

TEST_F(RuntimeConformance, ManyContainersAreMadeAtOnce) {
  kj::Vector<kj::Promise<int>> exits;
  for (int i = 0; i < 20; i++) {
    exits.add(requestCreate("many" + std::to_string(i), {"sh", "-c", "exit " + std::to_string(i)})
                  .then([](auto reply) {
                    auto container = reply.getContainer();
                    auto started = container.startRequest().send().ignoreResult();
                    return started.then([container]() mutable {
                      return container.waitRequest().send().then(
                          [](auto exit) -> int { return exit.getExit().getCode(); });
                    });
                  }));
  }
  auto codes = wait(kj::joinPromises(exits.releaseAsArray()), "all exits");
  for (int i = 0; i < 20; i++) EXPECT_EQ(codes[i], i);
}

TEST_F(RuntimeConformance, AReservedContainerIsMadeAsAnyOther) {
  auto reservation = wait(reserve("once")).getReservation();
  EXPECT_EQ(shell("echo reserved; exit 3").output, "reserved\n");
  EXPECT_EQ(shell("exit 4").code, 4) << "the reservation was used up";
}

TEST_F(RuntimeConformance, AReservationThatIsDroppedLeavesTheIdFree) {
  wait(reserve("once").ignoreResult());
  EXPECT_EQ(run({"true"}).code, 0);
  {
    auto unused = wait(reserve("elsewhere", "a/parent"));
    EXPECT_EQ(wait(runtime().listRequest().send()).getContainers().size(), 0u);
  }
  EXPECT_EQ(exitCode(started("elsewhere", {"true"})), 0) << "with another parent";
}

TEST_F(RuntimeConformance, AReservationForAContainerThatExistsIsRefused) {
  auto container = create("there", {"true"});
  EXPECT_EQ(failureOf(reserve("there")), ErrorCode::ALREADY_EXISTS);
}

TEST_F(RuntimeConformance, AReservationDoesNotOutliveTheRuntime) {
  auto reservation = wait(reserve("once"));
  killSubject();
  restartSubject();
  EXPECT_EQ(wait(runtime().listRequest().send()).getContainers().size(), 0u);
  EXPECT_EQ(run({"true"}).code, 0);
}

TEST_F(RuntimeConformance, WhatIsAskedAheadIsDoneInOrder) {
  for (int round = 0; round < 10; round++) {
    auto created = requestCreate("ahead", {"sh", "-c", "echo first; echo second >&2"});
    auto container = created.getContainer();
    auto process = container.attachRequest().send().getProcess();
    RuntimeStreams streams(process);
    auto starting = container.startRequest().send().ignoreResult();
    streams.readToEnd();
    wait(kj::mv(starting));
    EXPECT_EQ(streams.output, "first\n");
    EXPECT_EQ(streams.errors, "second\n");
    remove(container);
  }
}

TEST_F(RuntimeConformance, WhatEndsWhileNobodyWatchesIsKnownAfterwards) {
  auto container = started("alone", {"sh", "-c", "sleep 0.2; exit 11"});
  killSubject();
  testing::runFor(loop(), 500 * kj::MILLISECONDS);
  restartSubject();
  EXPECT_EQ(exitCode(get("alone")), 11);
  auto exitReply = wait(get("alone").waitRequest().send());
  auto exit = exitReply.getExit();
  EXPECT_GT(exit.getFinishedAt(), exit.getStartedAt());
}

}  // namespace stave::conformance
