#include <gtest/gtest.h>

#include "store_fixture.h"

/// The `store` contract: watches.
namespace stave::conformance {

namespace {

const std::string all(1, '\0');

void waitForEvents(const std::shared_ptr<WatchRecord>& watch, size_t count) {
  waitUntil([&]() { return watch->events.size() >= count; },
            std::to_string(count) + " events of a watch");
}

/// Gives what should not come the time to come.
void settle() {
  testing::runFor(loop(), 50 * kj::MILLISECONDS);
}

}  // namespace

TEST(StoreConformance, AWatchTellsWhatIsWrittenFromNowOn) {
  StoreClient store;
  store.put("a", "before");
  auto watch = store.watch("", all, 0);
  auto first = store.put("a", "1");
  auto second = store.remove("a");
  waitForEvents(watch, 2);
  EXPECT_EQ(watch->events[0], (EventValue{false, {"a", "1", first - 1, first, 2, 0}}));
  EXPECT_TRUE(watch->events[1].deleted);
  EXPECT_EQ(watch->events[1].entry.key, "a");
  EXPECT_EQ(watch->events[1].entry.modRevision, second);
  EXPECT_EQ(watch->batches.back(), second);
}

TEST(StoreConformance, AWatchFromARevisionIncludesIt) {
  StoreClient store;
  store.put("a", "0");
  auto from = store.put("a", "1");
  store.put("a", "2");
  auto watch = store.watch("a", "", from);
  waitForEvents(watch, 2);
  EXPECT_EQ(watch->events[0].entry.value, "1");
  EXPECT_EQ(watch->events[1].entry.value, "2");
}

TEST(StoreConformance, ListingAndWatchingTheNextRevisionLosesNothing) {
  StoreClient store;
  store.put("a", "1");
  auto listed = store.range("", all);
  auto later = store.put("b", "2");
  auto watch = store.watch("", all, listed.revision + 1);
  waitForEvents(watch, 1);
  settle();
  ASSERT_EQ(watch->events.size(), 1u);
  EXPECT_EQ(watch->events[0].entry.modRevision, later);
}

TEST(StoreConformance, AWatchTellsOnlyItsRange) {
  StoreClient store;
  auto watch = store.watch("b", "d", 0);
  store.txn({}, {put("a", "1"), put("b", "1"), put("c", "1"), put("d", "1")});
  store.put("a", "2");
  store.put("bb", "2");
  waitForEvents(watch, 3);
  settle();
  EXPECT_EQ(watch->keys(), (std::vector<std::string>{"b", "c", "bb"}));
}

TEST(StoreConformance, EveryChangeOnceAndInOrderAndTransactionsWhole) {
  StoreClient store;
  auto start = store.range("a").revision;
  auto early = store.watch("", all, start + 1);
  std::vector<kj::Promise<TxnResult>> pending;
  for (int i = 0; i < 300; ++i) {
    auto number = std::to_string(i);
    pending.push_back(store.sendTxn({}, {put("x", number), put("y", number)}));
  }
  for (auto& promise : pending) wait(kj::mv(promise));
  auto late = store.watch("", all, start + 1);
  for (auto& watch : {early, late}) {
    waitForEvents(watch, 600);
    ASSERT_EQ(watch->events.size(), 600u);
    for (size_t i = 0; i < 600; ++i) {
      ASSERT_EQ(watch->events[i].entry.value, std::to_string(i / 2));
      ASSERT_EQ(watch->events[i].entry.modRevision, watch->events[i / 2 * 2].entry.modRevision);
    }
  }
}

TEST(StoreConformance, ATransactionIsNeverSplitOverMessages) {
  StoreClient store;
  auto watch = store.watch("", all, 0);
  std::vector<WriteValue> writes;
  for (int i = 0; i < 128; ++i)
    writes.push_back(put("k" + std::to_string(i), std::string(20'000, 'x')));
  auto revision = store.txn({}, writes).revision;
  waitUntil([&]() { return !watch->batches.empty(); }, "the first message");
  EXPECT_EQ(watch->events.size(), 128u);
  EXPECT_EQ(watch->batches.front(), revision);
}

TEST(StoreConformance, ADroppedWatchTellsNothingMore) {
  StoreClient store;
  auto watch = store.watch("", all, 0);
  store.put("a", "1");
  waitForEvents(watch, 1);
  watch->handle = nullptr;
  settle();
  store.put("a", "2");
  settle();
  EXPECT_EQ(watch->events.size(), 1u);
}

TEST(StoreConformance, AWatchFromTheFutureWaits) {
  StoreClient store;
  auto now = store.put("a", "1");
  auto watch = store.watch("", all, now + 2);
  store.put("a", "2");
  auto wanted = store.put("a", "3");
  waitForEvents(watch, 1);
  settle();
  ASSERT_EQ(watch->events.size(), 1u);
  EXPECT_EQ(watch->events[0].entry.modRevision, wanted);
}

TEST(StoreConformance, AWatchFromCompactedHistoryIsTooOld) {
  StoreClient store;
  auto first = store.put("a", "1");
  store.put("a", "2");
  auto third = store.put("a", "3");
  store.compact(third);
  EXPECT_EQ(store.watchFailure("a", first), ErrorCode::TOO_OLD);
}

TEST(StoreConformance, AWatchFromTheCompactRevisionSeesADeletionThere) {
  StoreClient store;
  store.put("a", "1");
  auto deletion = store.remove("a");
  store.put("b", "1");
  store.compact(deletion);
  auto watch = store.watch("", all, deletion);
  waitForEvents(watch, 2);
  EXPECT_TRUE(watch->events[0].deleted);
  EXPECT_EQ(watch->events[0].entry.modRevision, deletion);
  EXPECT_EQ(watch->keys(), (std::vector<std::string>{"a", "b"}));
}

TEST(StoreConformance, ASlowWatcherSlowsNoWriterAndMissesNothing) {
  StoreClient store;
  auto slow = store.watch("", all, 0, 100 * kj::MILLISECONDS);
  auto begin = loop().timer().now();
  for (int i = 0; i < 20; ++i) store.put("k", std::to_string(i));
  EXPECT_LT(loop().timer().now() - begin, 1500 * kj::MILLISECONDS);
  waitForEvents(slow, 20);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(slow->events[i].entry.value, std::to_string(i));
}

TEST(StoreConformance, AWatcherThatFallsBehindCompactionIsTold) {
  StoreClient store;
  auto slow = store.watch("", all, 0, 300 * kj::MILLISECONDS);
  std::string large(2 << 20, 'x');  // more than one message holds
  store.put("k", large);
  store.put("k", large);
  store.put("k", large);
  auto newest = store.put("k", "last");
  store.compact(newest);
  waitUntil([&]() { return slow->ended || slow->events.size() == 4; }, "the slow watcher's end");
  // A store may have told all of it before; it may not leave a gap without saying so.
  EXPECT_TRUE(slow->ended || slow->events.size() == 4u);
  for (size_t i = 1; i < slow->events.size(); ++i) {
    EXPECT_GT(slow->events[i].entry.modRevision, slow->events[i - 1].entry.modRevision);
  }
}

}  // namespace stave::conformance
