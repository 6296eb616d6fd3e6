#include "engine_fixture.h"

namespace stave::node {
namespace {

struct FakeRuntimeTest : EngineTest {
  ~FakeRuntimeTest() noexcept override {}

  schema::Runtime::Client runtime = newFakeRuntime(world);

  schema::Container::Client create() {
    auto request = runtime.createRequest();
    request.initSpec().setId("c1");
    return testing::wait(loop, request.send()).getContainer();
  }
};

TEST_F(FakeRuntimeTest, AContainerRunsUntilTheTestEndsIt) {
  auto container = create();
  testing::wait(loop, container.startRequest().send().ignoreResult());
  EXPECT_EQ(world->starts, 1u);
  world->exit("c1", 5);
  auto response = testing::wait(loop, container.waitRequest().send());
  EXPECT_EQ(response.getExit().getCode(), 5);
}

TEST_F(FakeRuntimeTest, AnIdIsUsedOnce) {
  create();
  auto again = runtime.createRequest();
  again.initSpec().setId("c1");
  EXPECT_EQ(testing::codeOfFailure(loop, again.send().ignoreResult()), ErrorCode::ALREADY_EXISTS);
}

TEST_F(FakeRuntimeTest, AReservationIsSeenAsLongAsItIsHeld) {
  auto request = runtime.reserveRequest();
  request.setId("c1");
  {
    auto held = testing::wait(loop, request.send());
    EXPECT_EQ(world->reserved.size(), 1u);
  }
  EXPECT_TRUE(world->reserved.empty());
}

}  // namespace
}  // namespace stave::node
