#include "environment.h"

#include "engine_fixture.h"

namespace stave::node {
namespace {

struct Background : EngineTest {
  ~Background() noexcept override {}

  Environment environment = newEnvironment();
  LoggedTasks tasks{environment, "sweeping"};
};

TEST_F(Background, AFailureIsLoggedAndEndsNothingElse) {
  bool done = false;
  tasks.add(makeError(ErrorCode::DENIED, "the door is locked"));
  tasks.add(loop.timer().afterDelay(5 * kj::MILLISECONDS).then([&]() { done = true; }));
  testing::wait(loop, tasks.whenEmpty());
  EXPECT_TRUE(done);
  ASSERT_EQ(log.size(), 1u);
  EXPECT_EQ(log[0], "sweeping: the door is locked");
}

TEST_F(Background, IsNotEmptyWhileSomethingRuns) {
  auto pair = kj::newPromiseAndFulfiller<void>();
  tasks.add(kj::mv(pair.promise));
  auto empty = tasks.whenEmpty();
  EXPECT_FALSE(empty.poll(loop.io().waitScope));
  pair.fulfiller->fulfill();
  testing::wait(loop, kj::mv(empty));
}

}  // namespace
}  // namespace stave::node
