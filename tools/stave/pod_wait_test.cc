#include "pod_wait.h"

#include <gtest/gtest.h>
#include <kj/async-io.h>
#include <stave/error.h>

#include "pod_change.h"

namespace stave::cli {
namespace {

using Phase = schema::PodStatus::Phase;
using Desired = schema::PodSpec::Desired;

/// One pod, as the kernel would keep it. Each change is told to the watch, if there is one.
struct Store {
  ObjectCopy pod;
  uint64_t revision = 1;
  int podCode = 0;    // what the pod failed with
  int conflicts = 0;  // how many commits are refused first
  kj::Maybe<schema::WatchSink::Client> sink;

  kj::Promise<void> tell(schema::WatchEvent::Type type) {
    KJ_IF_MAYBE (watcher, sink) {
      auto request = watcher->eventsRequest();
      auto event = request.initEvents(1)[0];
      event.setType(type);
      event.setObject(pod.reader());
      request.setRevision(revision);
      return request.send().ignoreResult();
    }
    return kj::READY_NOW;
  }

  /// What an engine would say.
  kj::Promise<void> report(Phase phase, int exitCode = 0, const char* message = "") {
    auto metadata = pod.builder().getMetadata();
    metadata.setRevision(++revision);
    auto status = pod.builder().getStatus().initAs<schema::PodStatus>();
    status.setPhase(phase);
    status.setObservedGeneration(metadata.getGeneration());
    status.setMessage(message);
    status.setExitCode(podCode);
    status.setCode(schema::ErrorCode::NOT_FOUND);
    auto container = status.initContainers(1)[0];
    container.setExitCode(exitCode);
    return tell(schema::WatchEvent::Type::PUT);
  }
};

class FakeObjects final : public schema::Objects::Server {
 public:
  explicit FakeObjects(Store& store) : store_(store) {}

  kj::Promise<void> get(GetContext context) override {
    context.getResults().setObject(store_.pod.reader());
    return kj::READY_NOW;
  }

  kj::Promise<void> commit(CommitContext context) override {
    if (store_.conflicts-- > 0) {
      store_.pod.builder().getMetadata().setRevision(++store_.revision);
      fail(ErrorCode::CONFLICT, "changed meanwhile");
    }
    auto given = context.getParams().getChanges()[0].getObject();
    if (given.getMetadata().getRevision() != store_.pod.metadata().getRevision()) {
      fail(ErrorCode::CONFLICT, "changed meanwhile");
    }
    store_.pod = ObjectCopy(given);
    auto metadata = store_.pod.builder().getMetadata();
    metadata.setRevision(++store_.revision);
    metadata.setGeneration(metadata.getGeneration() + 1);
    auto results = context.getResults();
    results.setRevision(store_.revision);
    results.initObjects(1).setWithCaveats(0, store_.pod.reader());
    return kj::READY_NOW;
  }

  kj::Promise<void> watch(WatchContext context) override {
    store_.sink = context.getParams().getSink();
    return kj::READY_NOW;
  }

 private:
  Store& store_;
};

struct PodWait : public testing::Test {
  kj::AsyncIoContext io = kj::setupAsyncIo();
  Store store;
  schema::Objects::Client objects = kj::heap<FakeObjects>(store);

  PodWait() {
    auto metadata = store.pod.builder().initMetadata();
    metadata.setKind("Pod");
    metadata.setName("web");
    metadata.setUid("u1");
    metadata.setRevision(1);
    metadata.setGeneration(1);
    store.pod.builder().initSpec().initAs<schema::PodSpec>().initContainers(1)[0].setName("main");
    store.pod.builder().initStatus().initAs<schema::PodStatus>();
  }

  ~PodWait() noexcept override {}

  ObjectCopy pod() { return ObjectCopy(store.pod.reader()); }
};

TEST_F(PodWait, TellsTheExitCode) {
  kj::Promise<PodEnd> end = waitForEnd(objects, pod(), 1, false);
  EXPECT_FALSE(end.poll(io.waitScope));
  store.report(Phase::RUNNING).wait(io.waitScope);
  EXPECT_FALSE(end.poll(io.waitScope));
  store.report(Phase::STOPPED, 3).wait(io.waitScope);
  EXPECT_EQ(end.wait(io.waitScope).exitCode, 3);
}

TEST_F(PodWait, WithRemovalWaitsForIt) {
  kj::Promise<PodEnd> end = waitForEnd(objects, pod(), 1, true);
  EXPECT_FALSE(end.poll(io.waitScope));
  store.report(Phase::STOPPED, 4).wait(io.waitScope);
  EXPECT_FALSE(end.poll(io.waitScope));
  store.tell(schema::WatchEvent::Type::REMOVED).wait(io.waitScope);
  EXPECT_EQ(end.wait(io.waitScope).exitCode, 4);
}

TEST_F(PodWait, TellsWhyItFailed) {
  kj::Promise<PodEnd> end = waitForEnd(objects, pod(), 1, false);
  EXPECT_FALSE(end.poll(io.waitScope));
  store.report(Phase::FAILED, 0, "no such image").wait(io.waitScope);
  auto result = end.wait(io.waitScope);
  EXPECT_TRUE(result.failed);
  EXPECT_EQ(result.exitCode, 125);
  EXPECT_EQ(result.message, "no such image");
}

TEST_F(PodWait, AnAnswerTellsWithWhichCodeItFailed) {
  kj::Promise<PodEnd> answer = waitForAnswer(objects, pod(), 1, Desired::RUNNING);
  EXPECT_FALSE(answer.poll(io.waitScope));
  store.podCode = 127;
  store.report(Phase::FAILED, 0, "no such command").wait(io.waitScope);
  auto end = answer.wait(io.waitScope);
  EXPECT_TRUE(end.failed);
  EXPECT_EQ(end.exitCode, 127);
  EXPECT_EQ(end.message, "no such command");
}

TEST_F(PodWait, AFailureIsSeenThoughThePodIsGone) {
  kj::Promise<PodEnd> answer = waitForAnswer(objects, pod(), 1, Desired::RUNNING);
  EXPECT_FALSE(answer.poll(io.waitScope));
  auto watcher = kj::mv(store.sink);
  store.sink = nullptr;
  store.report(Phase::FAILED, 0, "no such image").wait(io.waitScope);
  store.sink = kj::mv(watcher);
  store.tell(schema::WatchEvent::Type::REMOVED).wait(io.waitScope);
  EXPECT_TRUE(answer.wait(io.waitScope).failed);
}

TEST_F(PodWait, BringToRepeatsAfterAConflict) {
  store.report(Phase::RUNNING).wait(io.waitScope);
  store.conflicts = 2;
  kj::Promise<void> stopped = bringTo(objects, pod(), Desired::STOPPED, "test");
  EXPECT_FALSE(stopped.poll(io.waitScope));
  EXPECT_EQ(store.pod.spec<schema::PodSpec>().getDesired(), Desired::STOPPED);
  store.report(Phase::STOPPED).wait(io.waitScope);
  stopped.wait(io.waitScope);
}

TEST_F(PodWait, BringToGivesUpAfterManyConflicts) {
  store.conflicts = 1000;
  kj::Promise<void> stopped = bringTo(objects, pod(), Desired::STOPPED, "test");
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { stopped.wait(io.waitScope); })) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::CONFLICT);
  } else {
    ADD_FAILURE() << "it did not fail";
  }
}

TEST_F(PodWait, BringToFailsWithTheStatus) {
  kj::Promise<void> started = bringTo(objects, pod(), Desired::RUNNING, "test");
  EXPECT_FALSE(started.poll(io.waitScope));
  store.report(Phase::FAILED, 0, "no such image").wait(io.waitScope);
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { started.wait(io.waitScope); })) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::NOT_FOUND);
    EXPECT_EQ(textOf(*exception), "no such image");
  } else {
    ADD_FAILURE() << "it did not fail";
  }
}

}  // namespace
}  // namespace stave::cli
