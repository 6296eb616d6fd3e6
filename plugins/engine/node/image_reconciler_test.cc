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
};

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
