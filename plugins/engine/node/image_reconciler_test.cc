#include "image_reconciler.h"

#include "engine_fixture.h"

namespace stave::node {
namespace {

constexpr auto delay = 30 * kj::MILLISECONDS;

class LateSink final : public schema::WatchSink::Server {
 public:
  LateSink(kj::Timer& timer, schema::WatchSink::Client sink) : timer_(timer), sink_(kj::mv(sink)) {}

  kj::Promise<void> events(EventsContext context) override {
    return timer_.afterDelay(delay).then([this, context]() mutable {
      auto params = context.getParams();
      auto request = sink_.eventsRequest();
      request.setEvents(params.getEvents());
      request.setRevision(params.getRevision());
      return request.send().ignoreResult();
    });
  }

 private:
  kj::Timer& timer_;
  schema::WatchSink::Client sink_;
};

/// A kernel whose watches tell of a change a while after it was made.
class LateObjects final : public schema::Objects::Server {
 public:
  LateObjects(kj::Timer& timer, schema::Objects::Client objects)
      : timer_(timer), objects_(kj::mv(objects)) {}

  kj::Promise<void> get(GetContext context) override {
    auto request = objects_.getRequest();
    request.setRef(context.getParams().getRef());
    return context.tailCall(kj::mv(request));
  }
  kj::Promise<void> list(ListContext context) override {
    auto request = objects_.listRequest();
    request.setQuery(context.getParams().getQuery());
    return context.tailCall(kj::mv(request));
  }
  kj::Promise<void> commit(CommitContext context) override {
    auto request = objects_.commitRequest();
    request.setChanges(context.getParams().getChanges());
    request.setCause(context.getParams().getCause());
    return context.tailCall(kj::mv(request));
  }
  kj::Promise<void> watch(WatchContext context) override {
    auto params = context.getParams();
    auto request = objects_.watchRequest();
    request.setQuery(params.getQuery());
    request.setFrom(params.getFrom());
    request.setSink(kj::heap<LateSink>(timer_, params.getSink()));
    return context.tailCall(kj::mv(request));
  }

 private:
  kj::Timer& timer_;
  schema::Objects::Client objects_;
};

struct ImageReconcilerTest : EngineTest {
  schema::Objects::Client kernelObjects() override {
    return kj::heap<LateObjects>(loop.timer(), objects.client());
  }
  size_t pulls() const { return world->pulled.size(); }
  bool isThere(const std::string& image) {
    return objects.find({"Image", "docker.io/library/" + image}) != nullptr;
  }
};

void goesIfItFails(schema::ImageSpec::Builder spec) {
  spec.setRemoveIfFailed(true);
}

TEST_F(ImageReconcilerTest, PullsOnceHoweverLateItHearsOfItsOwnAnswer) {
  start();
  create("web");
  until("web", Phase::RUNNING);
  testing::runFor(loop, 10 * delay);
  EXPECT_EQ(pulls(), 1u);
}

TEST_F(ImageReconcilerTest, FailsOnceHoweverLateItHearsOfItsOwnAnswer) {
  start();
  objects.create<schema::ImageSpec>({"Image", "docker.io/library/nowhere:1"}, [](auto) {});
  until([&]() { return pulls() > 0; }, "the pull");
  testing::runFor(loop, 10 * delay);
  EXPECT_EQ(pulls(), 1u);
}

TEST_F(ImageReconcilerTest, OnlyWhatIsDeclaredStaysWhenItCannotBeHad) {
  start();
  objects.create<schema::ImageSpec>({"Image", "docker.io/library/asked:1"}, goesIfItFails);
  objects.create<schema::ImageSpec>({"Image", "docker.io/library/declared:1"}, [](auto) {});
  until([&]() { return !isThere("asked:1"); }, "the removal");
  testing::runFor(loop, 5 * delay);
  EXPECT_TRUE(isThere("declared:1"));
  EXPECT_EQ(pulls(), 2u);
  EXPECT_EQ(world->holds.size(), 0u);
}

TEST_F(ImageReconcilerTest, WhatIsHereStaysWhenALaterPullFails) {
  start();
  objects.create<schema::ImageSpec>({"Image", "docker.io/library/debian:12"}, goesIfItFails);
  until([&]() { return world->layers.size() == 1; }, "the first pull");
  testing::runFor(loop, 3 * delay);
  world->references.clear();
  objects.updateSpec<schema::ImageSpec>({"Image", "docker.io/library/debian:12"},
                                        [](auto spec) { spec.setPull(1); });
  until([&]() { return pulls() == 2; }, "the second pull");
  testing::runFor(loop, 5 * delay);
  EXPECT_TRUE(isThere("debian:12"));
  EXPECT_EQ(world->layers.size(), 1u);
}

TEST_F(ImageReconcilerTest, APodIsToldWhyItsImageCannotBeHadThoughNothingOfItStays) {
  start();
  create("bad", [](auto spec) { spec.getContainers()[0].setImage("nowhere:1"); });
  auto message = text(until("bad", Phase::FAILED).getMessage());
  EXPECT_NE(message.find("manifest unknown"), std::string::npos) << message;
  until([&]() { return !isThere("nowhere:1"); }, "the removal");
  testing::runFor(loop, 5 * delay);
  EXPECT_EQ(pulls(), 1u);
  change("bad", [](auto spec) { spec.setRestart(1); });
  until([&]() { return pulls() == 2; }, "another pull for another attempt");
}

struct FullStoreTest : EngineTest {
  ~FullStoreTest() noexcept override {}

  std::shared_ptr<testing::Script> store = std::make_shared<testing::Script>();
  testing::FakeObjects::Name nowhere{"Image", "docker.io/library/nowhere:1"};
  std::string topic = "object/Image/docker.io/library/nowhere:1/unwritten";

  schema::Objects::Client kernelObjects() override {
    return testing::scripted<schema::Objects>(objects.client(), loop.timer(), store);
  }
  void fillDisk() {
    auto full = makeError(ErrorCode::EXHAUSTED, "disk full");
    store->fail("commit", testing::Script::every, kj::mv(full));
  }
  void pullInVain() {
    start();
    fillDisk();
    objects.create<schema::ImageSpec>(nowhere, [](auto) {});
    until([&]() { return !events.recorded(topic).empty(); }, "the failure");
  }
  schema::ImageStatus::Reader imageStatus() {
    return KJ_ASSERT_NONNULL(objects.find(nowhere)).getStatus().getAs<schema::ImageStatus>();
  }
};

TEST_F(FullStoreTest, AFailureIsToldAndWrittenDownOnceThereIsRoom) {
  pullInVain();
  auto message = events.recorded(topic)[0]["message"];
  EXPECT_NE(message.find("disk full"), std::string::npos) << message;
  store->clear();
  until([&]() { return imageStatus().getPhase() == schema::ImageStatus::Phase::FAILED; },
        "the status");
  EXPECT_EQ(imageStatus().getCode(), ErrorCode::EXHAUSTED);
  EXPECT_EQ(world->pulled.size(), 0u) << "it was not to be tried again";
}

TEST_F(FullStoreTest, WhatIsAskedForAgainIsTriedAtOnce) {
  pullInVain();
  until([&]() { return events.recorded(topic).size() >= 3; }, "longer pauses");
  store->clear();
  objects.updateSpec<schema::ImageSpec>(nowhere, [](auto spec) { spec.setPull(1); });
  testing::runFor(loop, 100 * kj::MILLISECONDS);
  EXPECT_EQ(imageStatus().getObservedGeneration(), 2u);
  EXPECT_EQ(imageStatus().getCode(), ErrorCode::NOT_FOUND);
}

TEST_F(FullStoreTest, APodThatWaitsForTheImageIsToldToo) {
  start();
  objects.create<schema::ImageSpec>(nowhere, [](auto) {});
  until([&]() { return imageStatus().getPhase() == schema::ImageStatus::Phase::FAILED; },
        "the first failure");
  store->delay("commit", testing::Script::every, 100 * kj::MILLISECONDS);
  create("web", [](auto spec) { spec.getContainers()[0].setImage("nowhere:1"); });
  until([&]() { return world->pulled.size() == 2; }, "the second pull");
  store->clear();
  fillDisk();
  auto told = "object/Pod/default/web/unwritten";
  auto failed = [&]() {
    auto recorded = events.recorded(told);
    return !recorded.empty() &&
           recorded.back()["message"].find("manifest unknown") != std::string::npos;
  };
  until(failed, "the pod's failure");
}

TEST_F(FullStoreTest, APodThatIsToGoWhenDoneGoesOnceThereIsRoom) {
  start();
  create("once", [](auto spec) { spec.setRemoveWhenDone(true); });
  until("once", Phase::RUNNING);
  fillDisk();
  auto before = store->calls("commit");
  world->exit(uid("once"), 0);
  until([&]() { return store->calls("commit") > before + 1; }, "an attempt to delete it");
  store->clear();
  untilGone("once");
}

TEST_F(ImageReconcilerTest, PullsAgainWhenAskedAgain) {
  start();
  objects.create<schema::ImageSpec>({"Image", "docker.io/library/debian:12"}, [](auto) {});
  until([&]() { return pulls() == 1; }, "the first pull");
  testing::runFor(loop, 3 * delay);
  objects.updateSpec<schema::ImageSpec>({"Image", "docker.io/library/debian:12"},
                                        [](auto spec) { spec.setPull(1); });
  until([&]() { return pulls() == 2; }, "the second pull");
  testing::runFor(loop, 10 * delay);
  EXPECT_EQ(pulls(), 2u);
}

}  // namespace
}  // namespace stave::node
