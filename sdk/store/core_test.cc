#include "core.h"

#include <gtest/gtest.h>

#include "test_store.h"

namespace stave {

namespace {

struct CoreTest : ::testing::Test {
  ~CoreTest() noexcept override {}

  StoreTestLoop loop;
  FakeJournal* journal = nullptr;
  kj::Own<StoreService::Core> core = makeCore({});

  kj::Own<StoreService::Core> makeCore(StoreState state) {
    auto own = kj::heap<FakeJournal>();
    journal = own.get();
    return kj::refcounted<StoreService::Core>(loop.timer, std::move(state), kj::mv(own),
                                              StoreOptions());
  }
};

}  // namespace

TEST_F(CoreTest, ALeaseIsWrittenDownBeforeItIsGiven) {
  auto id = core->grantLease(1'000).promise().wait(loop.scope);
  ASSERT_EQ(journal->batches.size(), 1u);
  EXPECT_EQ(journal->batches[0]->granted.at(0).id, id);
  EXPECT_TRUE(core->leases().has(id));
}

TEST_F(CoreTest, ExpiryIsTriedUntilTheKeysAreGone) {
  auto id = core->grantLease(1'000).promise().wait(loop.scope);
  core->commit(putting("a", "1", id), false).wait(loop.scope);
  journal->failures = 2;
  loop.advance(1 * kj::SECONDS);
  EXPECT_NE(core->index().find("a"), nullptr);
  loop.advance(1 * kj::SECONDS);
  EXPECT_NE(core->index().find("a"), nullptr);
  loop.advance(1 * kj::SECONDS);
  EXPECT_EQ(core->index().find("a"), nullptr);
  EXPECT_EQ(journal->batches.back()->ended, (std::vector<uint64_t>{id}));
}

TEST_F(CoreTest, LeasesThatTheJournalFoundGetTheirFullTimeAgain) {
  StoreState state;
  StoreVersion version{2, 2, 1, 7, 0, std::make_shared<const std::string>("x")};
  state.index.apply({"a", version});
  state.leases.push_back({7, 1'000});
  core = makeCore(std::move(state));
  loop.advance(900 * kj::MILLISECONDS);
  EXPECT_NE(core->index().find("a"), nullptr);
  loop.advance(100 * kj::MILLISECONDS);
  EXPECT_EQ(core->index().find("a"), nullptr);
}

TEST_F(CoreTest, AKeyCannotBePutWithALeaseThatIsEnding) {
  auto id = core->grantLease(1'000).promise().wait(loop.scope);
  auto ending = core->endLease(id).promise();
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions(
                              [&]() { (void)core->commit(putting("a", "1", id), false); })) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::NOT_FOUND);
  } else {
    ADD_FAILURE() << "the key was put";
  }
  ending.wait(loop.scope);
}

TEST_F(CoreTest, StoppingGivesTheJournalBack) {
  EXPECT_EQ(core->bytes(), 4096u);
  core->stop().wait(loop.scope);
  EXPECT_EQ(core->bytes(), 0u);
}

}  // namespace stave
