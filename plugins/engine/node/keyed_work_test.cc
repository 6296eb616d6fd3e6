#include "keyed_work.h"

#include <stave/error.h>

#include "engine_fixture.h"

namespace stave::node {
namespace {

struct KeyedWorkTest : EngineTest {
  Environment environment = newEnvironment();
  int runs = 0, failures = 0;  // how many runs are to fail
  KeyedWork work{environment, "test", [this](const std::string&) { return run(); }};

  ~KeyedWorkTest() noexcept override {}

  kj::Promise<void> run() {
    if (++runs <= failures) fail(ErrorCode::UNAVAILABLE, "not yet");
    return kj::READY_NOW;
  }
  void settle() { testing::runFor(loop, 5 * kj::MILLISECONDS); }
};

TEST_F(KeyedWorkTest, IsDoneOnceForEachPoke) {
  work.poke("a");
  settle();
  EXPECT_EQ(runs, 1);
  work.poke("a");
  work.poke("b");
  settle();
  EXPECT_EQ(runs, 3);
}

TEST_F(KeyedWorkTest, IsTriedAgainAfterAPause) {
  failures = 1;
  work.poke("a");
  settle();
  EXPECT_EQ(runs, 1);
  until([&]() { return runs == 2; }, "the second attempt");
}

TEST_F(KeyedWorkTest, OnlyHurryEndsAPause) {
  failures = 1;
  work.poke("a");
  settle();
  work.poke("a");
  settle();
  EXPECT_EQ(runs, 1);
  work.hurry("a");
  settle();
  EXPECT_EQ(runs, 2);
}

}  // namespace
}  // namespace stave::node
