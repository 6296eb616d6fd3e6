#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "store_fixture.h"

/// The `store` contract: what is there after the store's process has died. A store that keeps
/// nothing on disk promises nothing here and is passed over.
namespace stave::conformance {

namespace {

const std::string all(1, '\0');

#define SKIP_UNLESS_ON_DISK(store) \
  if ((store).status().bytes == 0) GTEST_SKIP() << "this store keeps its state in memory only"

/// A stream of writes that the store is killed in the middle of, and what it had acknowledged by
/// then.
class WriteStream {
 public:
  WriteStream(StoreClient& store, int round) : store_(store), round_(round) {}

  void run(int count, bool durable) {
    for (int i = 0; i < count; ++i) {
      auto key = "r" + std::to_string(round_) + "-" + std::to_string(i);
      tasks_.push_back(
          store_.sendTxn({}, {put(key, key), put("last", key)}, durable)
              .then([this, key](TxnResult result) { acknowledged[key] = result.revision; },
                    [](kj::Exception&&) {})
              .eagerlyEvaluate(nullptr));
    }
  }

  std::map<std::string, uint64_t> acknowledged;

 private:
  StoreClient& store_;
  int round_;
  std::vector<kj::Promise<void>> tasks_;
};

void expectPresent(StoreClient& store, const std::map<std::string, uint64_t>& acknowledged) {
  std::map<std::string, EntryValue> found;
  for (auto& entry : store.range("", all).entries) found[entry.key] = entry;
  for (auto& [key, revision] : acknowledged) {
    ASSERT_TRUE(found.count(key)) << key << " was acknowledged at revision " << revision;
    EXPECT_EQ(found[key].modRevision, revision) << key;
    EXPECT_EQ(found[key].value, key);
  }
}

void killInTheMiddle(bool durable) {
  std::map<std::string, uint64_t> acknowledged;
  uint64_t newest = 0;
  for (int round = 0; round < 20; ++round) {
    StoreClient store;
    if (round == 0) SKIP_UNLESS_ON_DISK(store);
    expectPresent(store, acknowledged);
    ASSERT_GE(store.status().revision, newest);
    WriteStream stream(store, round);
    stream.run(300, durable);
    auto wanted = static_cast<size_t>(1 + round * 13);
    waitUntil([&]() { return stream.acknowledged.size() >= wanted; }, "writes to be acknowledged");
    restartSubject();
    for (auto& [key, revision] : stream.acknowledged) newest = std::max(newest, revision);
    acknowledged.insert(stream.acknowledged.begin(), stream.acknowledged.end());
  }
  StoreClient store;
  expectPresent(store, acknowledged);
  EXPECT_GE(acknowledged.size(), 20u);
  EXPECT_GT(store.put("after", "all"), newest);
}

}  // namespace

TEST(StoreConformance, AcknowledgedDurableWritesSurviveTwentyKills) {
  killInTheMiddle(true);
}

TEST(StoreConformance, AcknowledgedWritesSurviveTheDeathOfTheProcess) {
  killInTheMiddle(false);
}

TEST(StoreConformance, ATransactionIsThereWholeOrNotAtAllAfterAKill) {
  StoreClient before;
  SKIP_UNLESS_ON_DISK(before);
  std::vector<kj::Promise<void>> pending;
  for (int i = 0; i < 100; ++i) {
    auto number = std::to_string(i);
    pending.push_back(
        before.sendTxn({}, {put("a" + number, number), put("b" + number, number)}, true)
            .ignoreResult()
            .catch_([](kj::Exception&&) {})
            .eagerlyEvaluate(nullptr));
  }
  testing::runFor(loop(), 3 * kj::MILLISECONDS);
  restartSubject();
  StoreClient store;
  auto first = store.range("a", "b").entries, second = store.range("b", "c").entries;
  ASSERT_EQ(first.size(), second.size());
  for (size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].modRevision, second[i].modRevision);
  }
}

TEST(StoreConformance, HistoryAndRevisionsSurviveARestart) {
  StoreClient before;
  SKIP_UNLESS_ON_DISK(before);
  auto first = before.txn({}, {put("a", "1")}, true).revision;
  auto second = before.txn({}, {put("a", "2"), put("b", "1")}, true).revision;
  auto third = before.txn({}, {erase("b")}, true).revision;
  stopAndStartSubject();
  StoreClient store;
  EXPECT_EQ(store.range("a").revision, third);
  EXPECT_EQ(store.get("a"), (EntryValue{"a", "2", first, second, 2, 0}));
  EXPECT_EQ(store.range("a", "z", second).keys(), (std::vector<std::string>{"a", "b"}));
  auto watch = store.watch("", all, second);
  waitUntil([&]() { return watch->events.size() == 3; }, "the history");
  EXPECT_TRUE(watch->events[2].deleted);
  EXPECT_GT(store.put("c", "1"), third);
}

TEST(StoreConformance, CompactionSurvivesARestart) {
  StoreClient before;
  SKIP_UNLESS_ON_DISK(before);
  auto first = before.txn({}, {put("a", "1")}, true).revision;
  auto second = before.txn({}, {put("a", "2")}, true).revision;
  before.compact(second);
  before.txn({}, {put("b", "1")}, true);
  restartSubject();
  StoreClient store;
  EXPECT_EQ(store.rangeFailure("a", "", first), ErrorCode::TOO_OLD);
  EXPECT_EQ(store.range("a", "", second).values(), (std::vector<std::string>{"2"}));
}

TEST(StoreConformance, ALeaseSurvivesARestartAndStillEnds) {
  StoreClient before;
  SKIP_UNLESS_ON_DISK(before);
  auto request = before.client().grantLeaseRequest();
  request.setTtlMs(1'000);
  auto id = wait(request.send(), "a lease").getId();
  before.txn({}, {put("a", "1", id), put("b", "1")}, true);
  restartSubject();
  StoreClient store;
  waitUntil([&]() { return !store.get("a"); }, "the lease to end");
  EXPECT_TRUE(store.get("b"));
}

TEST(StoreConformance, WatchersAreToldThatTheStoreGoesAway) {
  StoreClient store;
  auto watch = store.watch("", all, 0);
  auto stopped = harness().host().stopRequest().send().ignoreResult();
  wait(kj::mv(stopped), "the store to stop");
  waitUntil([&]() { return watch->ended.has_value(); }, "the end of the watch");
}

}  // namespace stave::conformance
