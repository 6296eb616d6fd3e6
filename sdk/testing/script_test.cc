#include <stave/testing/script.h>

#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/testing/null_services.h>
#include <stave/testing/wait.h>

namespace stave::testing {

namespace {

struct ScriptTest : ::testing::Test {
  ~ScriptTest() noexcept override {}

  Loop loop;
  std::shared_ptr<Script> script = std::make_shared<Script>();
  schema::VolumeDriver::Client target = newNullVolume("/");
  schema::VolumeDriver::Client volumes =
      scripted<schema::VolumeDriver>(target, loop.timer(), script);

  kj::Promise<void> create(const char* name) {
    auto request = volumes.createRequest();
    request.setName(name);
    return request.send().ignoreResult();
  }
  size_t count() {
    auto reply = wait(loop, target.listRequest().send());
    return reply.getVolumes().size();
  }
};

}  // namespace

TEST_F(ScriptTest, WithoutRulesCallsPassThrough) {
  wait(loop, create("a"));
  EXPECT_EQ(count(), 1u);
  EXPECT_EQ(script->calls("create"), 1u);
  EXPECT_EQ(script->calls("remove"), 0u);
}

TEST_F(ScriptTest, TheNthCallFailsAndDoesNotReachTheTarget) {
  script->fail("create", 2, makeError(ErrorCode::EXHAUSTED, "no space"));
  wait(loop, create("a"));
  EXPECT_EQ(codeOfFailure(loop, create("b")), ErrorCode::EXHAUSTED);
  wait(loop, create("c"));
  EXPECT_EQ(count(), 2u);
}

TEST_F(ScriptTest, ALostAnswerWasDoneNevertheless) {
  script->loseAnswer("create", 1);
  EXPECT_EQ(codeOfFailure(loop, create("a")), ErrorCode::UNAVAILABLE);
  EXPECT_EQ(count(), 1u);
}

TEST_F(ScriptTest, ADelayedCallComesLateAndASwallowedOneNever) {
  script->delay("create", 1, 30 * kj::MILLISECONDS).swallow("create", 2);
  auto late = create("a"), never = create("b");
  EXPECT_EQ(count(), 0u);
  wait(loop, kj::mv(late));
  EXPECT_EQ(count(), 1u);
  runFor(loop, 30 * kj::MILLISECONDS);
  EXPECT_FALSE(never.poll(loop.io().waitScope));
}

TEST_F(ScriptTest, EveryCallFailsUntilTheScriptIsCleared) {
  script->fail("create", Script::every, makeError(ErrorCode::UNAVAILABLE, "down"));
  EXPECT_EQ(codeOfFailure(loop, create("a")), ErrorCode::UNAVAILABLE);
  EXPECT_EQ(codeOfFailure(loop, create("a")), ErrorCode::UNAVAILABLE);
  script->clear();
  wait(loop, create("a"));
}

}  // namespace stave::testing
