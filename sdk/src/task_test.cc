#include "stave/task.h"

#include <gtest/gtest.h>
#include <kj/async-io.h>

#include <stdexcept>

namespace stave {
namespace {

class TaskTest : public testing::Test {
 protected:
  ~TaskTest() noexcept override {}

  kj::AsyncIoContext io = kj::setupAsyncIo();
};

Task<int> answer(int value) {
  co_return value;
}

Task<int> sumOf(int depth) {
  if (depth == 0) co_return 0;
  auto rest = co_await sumOf(depth - 1);
  co_return rest + depth;
}

TEST_F(TaskTest, ReturnsValues) {
  EXPECT_EQ(answer(42).promise().wait(io.waitScope), 42);
  EXPECT_EQ(sumOf(1000).promise().wait(io.waitScope), 500500);
}

TEST_F(TaskTest, StartsAtOnce) {
  bool began = false;
  auto task = [&]() -> Task<> {
    began = true;
    co_await kj::Promise<void>(kj::NEVER_DONE);
  }();
  EXPECT_TRUE(began);
}

TEST_F(TaskTest, AwaitsKjPromises) {
  auto pair = kj::newPromiseAndFulfiller<int>();
  auto result = async([promise = kj::mv(pair.promise)]() mutable -> Task<int> {
    auto value = co_await kj::mv(promise);
    co_return value * 2;
  });
  EXPECT_FALSE(result.poll(io.waitScope));
  pair.fulfiller->fulfill(21);
  EXPECT_EQ(result.wait(io.waitScope), 42);
}

TEST_F(TaskTest, ExceptionsOfBothKindsPass) {
  auto kjFailure = []() -> Task<> {
    KJ_FAIL_REQUIRE("broken");
    co_return;
  };
  auto stdFailure = []() -> Task<> {
    throw std::runtime_error("also broken");
    co_return;
  };
  EXPECT_THROW(kjFailure().promise().wait(io.waitScope), kj::Exception);
  EXPECT_THROW(stdFailure().promise().wait(io.waitScope), kj::Exception);
}

TEST_F(TaskTest, ExceptionsCanBeCaughtAroundAwait) {
  auto result = async([]() -> Task<int> {
    try {
      co_await kj::Promise<void>(KJ_EXCEPTION(FAILED, "inner"));
    } catch (kj::Exception&) {
      co_return 1;
    }
    co_return 0;
  });
  EXPECT_EQ(result.wait(io.waitScope), 1);
}

TEST_F(TaskTest, DroppingCancelsAndRunsDestructors) {
  bool destroyed = false;
  {
    auto promise = async([&destroyed]() -> Task<> {
      KJ_DEFER(destroyed = true);
      co_await kj::Promise<void>(kj::NEVER_DONE);
    });
    EXPECT_FALSE(promise.poll(io.waitScope));
    EXPECT_FALSE(destroyed);
  }
  EXPECT_TRUE(destroyed);
}

TEST_F(TaskTest, AsyncKeepsCaptures) {
  auto promise = async([text = kj::str("kept"), this]() -> Task<kj::String> {
    co_await io.provider->getTimer().afterDelay(1 * kj::MILLISECONDS);
    co_return kj::str(text);
  });
  EXPECT_EQ(promise.wait(io.waitScope), "kept");
}

TEST_F(TaskTest, AwaitsBranchesOfAFork) {
  auto fork = kj::Promise<int>(7).fork();
  auto result = async([&fork]() -> Task<int> {
    auto first = co_await fork;
    auto second = co_await fork;
    co_return first + second;
  });
  EXPECT_EQ(result.wait(io.waitScope), 14);
}

}  // namespace
}  // namespace stave
