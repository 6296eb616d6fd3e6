#include "pipeline.h"

#include <gtest/gtest.h>

#include "test_store.h"

namespace stave {

namespace {

struct PipelineTest : ::testing::Test {
  ~PipelineTest() noexcept override {}

  StoreTestLoop loop;
  StoreIndex index;
  FakeJournal journal;
  int applied = 0;
  StorePipeline pipeline{index, &journal, {}, {.retainRevisions = 100}, [this]() { ++applied; }};

  kj::Promise<StoreOutcome> put(const std::string& key, const std::string& value,
                                bool durable = false) {
    return pipeline.submit({putting(key, value), durable});
  }
};

}  // namespace

TEST_F(PipelineTest, WhatComesWhileAGroupIsWrittenIsTheNextGroup) {
  journal.held = true;
  auto first = put("a", "1");
  loop.settle();
  auto second = put("b", "1", true);
  auto third = put("c", "1");
  loop.settle();
  ASSERT_EQ(journal.batches.size(), 1u);
  EXPECT_FALSE(journal.batches[0]->durable);
  journal.release();
  auto outcome = third.wait(loop.scope);
  ASSERT_EQ(journal.batches.size(), 2u);
  EXPECT_EQ(journal.batches[1]->rows.size(), 2u);
  EXPECT_TRUE(journal.batches[1]->durable);
  EXPECT_EQ(first.wait(loop.scope).revision + 2, outcome.revision);
  EXPECT_EQ(applied, 2);
}

TEST_F(PipelineTest, NothingIsSeenBeforeTheJournalHasIt) {
  journal.held = true;
  auto written = put("a", "1");
  auto refused = pipeline.submit({{{{"a", false, 0}}, {{"a", "2"}}}});
  loop.settle();
  EXPECT_EQ(index.find("a"), nullptr);
  EXPECT_FALSE(written.poll(loop.scope));
  EXPECT_FALSE(refused.poll(loop.scope));  // its answer would tell what may still be lost
  journal.release();
  EXPECT_FALSE(refused.wait(loop.scope).succeeded);
  EXPECT_NE(index.find("a"), nullptr);
}

TEST_F(PipelineTest, AFailedTransactionWritesNothing) {
  journal.failures = 1;
  EXPECT_EQ(loop.failureOf(put("a", "1")), ErrorCode::EXHAUSTED);
  EXPECT_EQ(index.revision(), 1u);
  EXPECT_EQ(applied, 0);
  EXPECT_EQ(put("a", "2").wait(loop.scope).revision, 2u);
}

TEST_F(PipelineTest, OfAGroupThatFailedEachIsTriedByItself) {
  journal.failures = 2;
  auto first = put("a", "1"), second = put("b", "1"), third = put("c", "1");
  EXPECT_EQ(loop.failureOf(kj::mv(first)), ErrorCode::EXHAUSTED);
  EXPECT_EQ(second.wait(loop.scope).revision, 2u);
  EXPECT_EQ(third.wait(loop.scope).revision, 3u);
  EXPECT_EQ(journal.batches.size(), 4u);
}

TEST_F(PipelineTest, OldHistoryGoesByItselfAndInSlices) {
  for (int i = 0; i < 1'000; ++i) put("k", std::to_string(i)).wait(loop.scope);
  loop.settle();
  EXPECT_LE(index.revision() - index.compactRevision(), 100u + 16u);
  size_t forgotten = 0;
  for (auto& batch : journal.batches) {
    EXPECT_LE(batch->forgotten.size(), 1'000u);
    forgotten += batch->forgotten.size();
  }
  EXPECT_GE(forgotten, 800u);
}

TEST_F(PipelineTest, CompactionReachesTheJournalAlsoWithoutWrites) {
  for (int i = 0; i < 10; ++i) put("k", std::to_string(i)).wait(loop.scope);
  pipeline.compact(index.revision());
  loop.settle();
  EXPECT_EQ(journal.batches.back()->forgotten.size(), 9u);
  EXPECT_EQ(journal.batches.back()->compactRevision, index.revision());
}

TEST_F(PipelineTest, FinishingWaitsForWhatWasTakenAndRefusesTheRest) {
  journal.held = true;
  auto taken = put("a", "1");
  loop.settle();
  auto finished = pipeline.finish();
  EXPECT_FALSE(finished.poll(loop.scope));
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([this]() { (void)put("b", "1"); })) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::UNAVAILABLE);
  } else {
    ADD_FAILURE() << "a transaction was taken after the end";
  }
  journal.release();
  finished.wait(loop.scope);
  EXPECT_TRUE(taken.poll(loop.scope));
}

}  // namespace stave
