#include "stave/loop.h"

#include <gtest/gtest.h>
#include <kj/debug.h>
#include <kj/function.h>
#include <kj/time.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>

namespace stave {
namespace {

TEST(LoopTest, RunsKjAlone) {
  Loop loop;
  auto value = loop.timer().afterDelay(1 * kj::MILLISECONDS).then([]() { return 5; });
  EXPECT_EQ(loop.wait(kj::mv(value)), 5);
}

TEST(LoopTest, AsioTimerWakesAKjWait) {
  Loop loop;
  auto pair = kj::newPromiseAndFulfiller<int>();
  boost::asio::steady_timer timer(loop.asio());
  timer.expires_after(std::chrono::milliseconds(5));
  timer.async_wait([&](boost::system::error_code) { pair.fulfiller->fulfill(9); });
  EXPECT_EQ(loop.wait(kj::mv(pair.promise)), 9);
}

TEST(LoopTest, KjTimerRunsInNestedMode) {
  Loop loop;
  loop.asio();
  auto begin = kj::systemPreciseMonotonicClock().now();
  loop.wait(loop.timer().afterDelay(20 * kj::MILLISECONDS));
  EXPECT_GE((kj::systemPreciseMonotonicClock().now() - begin) / kj::MILLISECONDS, 15);
}

TEST(LoopTest, AsioCanBeAskedForWhileWaiting) {
  Loop loop;
  auto pair = kj::newPromiseAndFulfiller<int>();
  auto asked = loop.timer().afterDelay(1 * kj::MILLISECONDS).then([&]() {
    boost::asio::post(loop.asio(), [&]() { pair.fulfiller->fulfill(3); });
  });
  auto task = asked.eagerlyEvaluate(nullptr);
  EXPECT_EQ(loop.wait(kj::mv(pair.promise)), 3);
}

TEST(LoopTest, ExceptionsComeThrough) {
  Loop loop;
  loop.asio();
  EXPECT_THROW(loop.wait(kj::Promise<void>(KJ_EXCEPTION(FAILED, "broken"))), kj::Exception);
}

}  // namespace
}  // namespace stave
