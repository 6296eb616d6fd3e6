#include <gtest/gtest.h>

#include "core.h"
#include "test_store.h"

namespace stave {

namespace {

struct ElectionTest : ::testing::Test {
  ~ElectionTest() noexcept override {}

  StoreTestLoop loop;
  kj::Own<StoreService::Core> core = kj::refcounted<StoreService::Core>(
      loop.timer, StoreState(), kj::Own<StoreJournal>(), StoreOptions());

  kj::Promise<schema::Leadership::Client> candidate(const char* name, uint64_t ttlMs = 900) {
    return campaign(kj::addRef(*core), name, "someone", ttlMs);
  }
};

}  // namespace

TEST_F(ElectionTest, ACandidateThatWaitsLongerThanItsLeaseStillLeadsThen) {
  auto first = candidate("e").wait(loop.scope);
  auto second = candidate("e");
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(second.poll(loop.scope));
    loop.advance(300 * kj::MILLISECONDS);
    first.renewRequest().send().wait(loop.scope);
  }
  first.resignRequest().send().wait(loop.scope);
  auto leader = second.wait(loop.scope);
  EXPECT_EQ(leader.renewRequest().send().wait(loop.scope).getTtlMs(), 900u);
}

TEST_F(ElectionTest, ElectionsOfOtherNamesAreNotInTheWay) {
  auto first = candidate("e").wait(loop.scope);
  auto second = candidate("e0");
  auto third = candidate("e/x");
  EXPECT_TRUE(second.poll(loop.scope));
  EXPECT_TRUE(third.poll(loop.scope));
}

TEST_F(ElectionTest, AWithdrawnCandidateLeavesNoKey) {
  auto first = candidate("e").wait(loop.scope);
  auto keys = core->index().liveKeys();
  {
    auto second = candidate("e");
    loop.settle();
    EXPECT_EQ(core->index().liveKeys(), keys + 1);
  }
  loop.settle();
  EXPECT_EQ(core->index().liveKeys(), keys);
}

TEST_F(ElectionTest, ALeaderThatIsSilentLosesAtItsTime) {
  auto first = candidate("e").wait(loop.scope);
  auto second = candidate("e");
  loop.advance(899 * kj::MILLISECONDS);
  EXPECT_FALSE(second.poll(loop.scope));
  loop.advance(1 * kj::MILLISECONDS);
  EXPECT_TRUE(second.poll(loop.scope));
  auto renewal = first.renewRequest().send().ignoreResult();
  EXPECT_EQ(loop.failureOf(kj::mv(renewal)), ErrorCode::NOT_FOUND);
}

TEST_F(ElectionTest, AnElectionNeedsANameAndATime) {
  EXPECT_EQ(loop.failureOf(candidate("")), ErrorCode::INVALID);
  EXPECT_EQ(loop.failureOf(candidate("e", 0)), ErrorCode::INVALID);
}

}  // namespace stave
