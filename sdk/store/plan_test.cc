#include <stave/store/plan.h>

#include <gtest/gtest.h>
#include <stave/error.h>

namespace stave {

namespace {

ErrorCode failureOf(const StoreTransaction& transaction) {
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { transaction.check(); })) {
    return codeOf(*exception);
  }
  ADD_FAILURE() << "the transaction was accepted";
  return ErrorCode::INTERNAL;
}

void applyAll(StoreIndex& index, StorePlan& plan) {
  for (auto& row : plan.takeRows()) index.apply(row);
}

}  // namespace

TEST(StoreTransaction, RefusesWhatTheContractForbids) {
  EXPECT_EQ(failureOf({{}, {{"", "x"}}}), ErrorCode::INVALID);
  EXPECT_EQ(failureOf({{}, {{"a", "x"}, {"a", std::nullopt}}}), ErrorCode::INVALID);
  EXPECT_EQ(failureOf({{}, {{"a", std::string(17 << 20, 'x')}}}), ErrorCode::EXHAUSTED);
  StoreTransaction many;
  for (int i = 0; i < 129; ++i) many.compares.push_back({std::to_string(i), false, 0});
  EXPECT_EQ(failureOf(many), ErrorCode::INVALID);
}

TEST(StorePlan, LaterTransactionsSeeEarlierOnesAndTheIndexDoesNot) {
  StoreIndex index;
  StorePlan plan(index);
  auto first = plan.add({{{"a", false, 0}}, {{"a", "1"}}});
  auto second = plan.add({{{"a", false, 0}}, {{"a", "2"}}});
  auto third = plan.add({{{"a", false, first.revision}}, {{"a", "3"}, {"b", "1"}}});
  EXPECT_TRUE(first.succeeded);
  EXPECT_FALSE(second.succeeded);
  ASSERT_EQ(second.current.size(), 1u);
  EXPECT_EQ(*second.current[0].version.value, "1");
  EXPECT_EQ(second.revision, first.revision);
  EXPECT_TRUE(third.succeeded);
  EXPECT_EQ(third.revision, first.revision + 1);
  EXPECT_EQ(index.find("a"), nullptr);
  applyAll(index, plan);
  EXPECT_EQ(index.find("a")->version, 2u);
  EXPECT_EQ(index.find("a")->createRevision, first.revision);
  EXPECT_EQ(index.revision(), third.revision);
}

TEST(StorePlan, DeletingWhatWasPutBeforeInTheSameGroup) {
  StoreIndex index;
  StorePlan plan(index);
  plan.add({{}, {{"a", "1"}}});
  auto removed = plan.add({{}, {{"a", std::nullopt}}});
  auto again = plan.add({{}, {{"a", std::nullopt}}});
  EXPECT_EQ(again.revision, removed.revision);
  applyAll(index, plan);
  EXPECT_EQ(index.liveKeys(), 0u);
}

TEST(StorePlan, EndingALeaseTakesItsKeysOfTheIndexAndOfTheGroup) {
  StoreIndex index;
  StorePlan before(index);
  before.add({{}, {{"old", "1", 7}, {"kept", "1", 7}}});
  applyAll(index, before);
  StorePlan plan(index);
  plan.add({{}, {{"new", "1", 7}, {"kept", "2", 0}}});
  plan.endLease(7);
  applyAll(index, plan);
  EXPECT_EQ(index.find("old"), nullptr);
  EXPECT_EQ(index.find("new"), nullptr);
  ASSERT_NE(index.find("kept"), nullptr);
}

}  // namespace stave
