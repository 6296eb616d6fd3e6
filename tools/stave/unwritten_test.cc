#include "unwritten.h"

#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/testing/fake_events.h>
#include <stave/testing/wait.h>

namespace stave::cli {
namespace {

TEST(Unwritten, IsHeardOfOneObjectOnly) {
  Loop loop;
  testing::FakeEvents events;
  auto waiting = failIfUnwritten(events.client(), {"Pod", "web", "default"});
  events.publish({"object/Pod/default/web-2/unwritten", {{"message", "another"}}});
  events.publish({"object/Image/web/unwritten", {{"message", "another"}}});
  testing::runFor(loop, 5 * kj::MILLISECONDS);
  events.publish({"object/Pod/default/web/unwritten", {{"message", "no room"}}});
  KJ_IF_MAYBE (exception, testing::failureOf(loop, kj::mv(waiting))) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::EXHAUSTED);
    EXPECT_EQ(textOf(*exception), "no room");
  } else {
    ADD_FAILURE() << "it did not fail";
  }
}

TEST(Unwritten, WhereNoBusAnswersNothingIsHeard) {
  Loop loop;
  schema::EventBus::Client broken = KJ_EXCEPTION(FAILED, "no bus");
  auto waiting = failIfUnwritten(broken, {"Image", "web", ""}).then([]() {});
  auto patience = loop.timer().afterDelay(5 * kj::MILLISECONDS);
  testing::wait(loop, waiting.exclusiveJoin(kj::mv(patience)));
}

}  // namespace
}  // namespace stave::cli
