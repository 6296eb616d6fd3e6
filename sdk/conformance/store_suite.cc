#include "store_fixture.h"

#include <gtest/gtest.h>

/// The `store` contract: revisions, ranges, transactions. Watches, leases and elections have suites
/// of their own beside this one.
namespace stave::conformance {

TEST(StoreConformance, RevisionsStartAboveZero) {
  StoreClient store;
  EXPECT_GT(store.range("a").revision, 0u);
  EXPECT_TRUE(store.range("", std::string(1, '\0')).entries.empty());
}

TEST(StoreConformance, PutIsReadBack) {
  StoreClient store;
  auto revision = store.put("a", "1");
  auto range = store.range("a");
  ASSERT_EQ(range.entries.size(), 1u);
  EXPECT_EQ(range.entries[0], (EntryValue{"a", "1", revision, revision, 1, 0}));
  EXPECT_EQ(range.revision, revision);
}

TEST(StoreConformance, EachWritingTransactionHasANewRevision) {
  StoreClient store;
  auto before = store.range("a").revision;
  auto first = store.put("a", "1");
  auto second = store.put("a", "1");
  EXPECT_GT(first, before);
  EXPECT_GT(second, first);
  auto entry = store.get("a");
  EXPECT_EQ(entry, (EntryValue{"a", "1", first, second, 2, 0}));
}

TEST(StoreConformance, AKeyThatIsMadeAgainBeginsANewLife) {
  StoreClient store;
  store.put("a", "1");
  store.remove("a");
  auto revision = store.put("a", "2");
  EXPECT_EQ(store.get("a"), (EntryValue{"a", "2", revision, revision, 1, 0}));
}

TEST(StoreConformance, AllKeysOfATransactionHaveItsRevision) {
  StoreClient store;
  auto outcome = store.txn({}, {put("b", "2"), put("a", "1")});
  EXPECT_TRUE(outcome.succeeded);
  EXPECT_EQ(store.get("a")->modRevision, outcome.revision);
  EXPECT_EQ(store.get("b")->modRevision, outcome.revision);
}

TEST(StoreConformance, DeletingAMissingKeyMakesNoRevision) {
  StoreClient store;
  auto before = store.put("a", "1");
  auto outcome = store.txn({}, {erase("nothing")});
  EXPECT_TRUE(outcome.succeeded);
  EXPECT_EQ(outcome.revision, before);
  EXPECT_EQ(store.range("a").revision, before);
}

TEST(StoreConformance, EmptyAndBinaryValuesAndKeysAreKept) {
  StoreClient store;
  std::string key("\0\xff\x01", 3), value("\0\n\xfe\0", 4);
  store.put(key, value);
  store.put("empty", "");
  EXPECT_EQ(store.get(key)->value, value);
  ASSERT_TRUE(store.get("empty"));
  EXPECT_EQ(store.get("empty")->value, "");
}

TEST(StoreConformance, RangesAreOrderedByBytes) {
  StoreClient store;
  for (auto key : {"b", "a", "\xff", "ab", "c"}) store.put(key, "x");
  EXPECT_EQ(store.range("a", "c").keys(), (std::vector<std::string>{"a", "ab", "b"}));
  EXPECT_EQ(store.range("b", std::string(1, '\0')).keys(),
            (std::vector<std::string>{"b", "c", "\xff"}));
  EXPECT_EQ(store.range("", std::string(1, '\0')).entries.size(), 5u);
  EXPECT_EQ(store.range("a").keys(), (std::vector<std::string>{"a"}));
  EXPECT_TRUE(store.range("c", "b").entries.empty());
}

TEST(StoreConformance, ALimitedRangeSaysWhetherThereIsMore) {
  StoreClient store;
  for (auto key : {"a", "b", "c"}) store.put(key, "x");
  auto two = store.range("a", "z", 0, 2);
  EXPECT_EQ(two.keys(), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(two.more);
  EXPECT_FALSE(store.range("a", "z", 0, 3).more);
  EXPECT_FALSE(store.range("a", "z", 0, 0).more);
}

TEST(StoreConformance, KeysOnlyLeavesValuesOut) {
  StoreClient store;
  auto revision = store.put("a", "value");
  auto range = store.range("a", "", 0, 0, true);
  ASSERT_EQ(range.entries.size(), 1u);
  EXPECT_EQ(range.entries[0], (EntryValue{"a", "", revision, revision, 1, 0}));
}

TEST(StoreConformance, OldStatesStayReadable) {
  StoreClient store;
  auto first = store.put("a", "1");
  auto second = store.txn({}, {put("a", "2"), put("b", "1")}).revision;
  auto third = store.remove("a");
  EXPECT_EQ(store.range("a", "z", first).values(), (std::vector<std::string>{"1"}));
  EXPECT_EQ(store.range("a", "z", second).values(), (std::vector<std::string>{"2", "1"}));
  EXPECT_EQ(store.range("a", "z", third).keys(), (std::vector<std::string>{"b"}));
  EXPECT_EQ(store.range("a", "z", first).revision, first);
}

TEST(StoreConformance, TheFutureCannotBeRead) {
  StoreClient store;
  auto revision = store.put("a", "1");
  EXPECT_EQ(store.rangeFailure("a", "", revision + 1), ErrorCode::INVALID);
}

TEST(StoreConformance, PagesAtOneRevisionSeeOneState) {
  StoreClient store;
  for (int i = 0; i < 5; ++i) store.put("k" + std::to_string(i), "old");
  auto page = store.range("k", "l", 0, 2);
  store.txn({}, {put("k3", "new"), erase("k4"), put("k9", "new")});
  auto rest = store.range(page.entries.back().key + std::string(1, '\0'), "l", page.revision);
  EXPECT_EQ(rest.keys(), (std::vector<std::string>{"k2", "k3", "k4"}));
  EXPECT_EQ(rest.values(), (std::vector<std::string>{"old", "old", "old"}));
}

TEST(StoreConformance, ACompareOfZeroMeansThatTheKeyDoesNotExist) {
  StoreClient store;
  EXPECT_TRUE(store.txn({modIs("a", 0)}, {put("a", "1")}).succeeded);
  EXPECT_FALSE(store.txn({modIs("a", 0)}, {put("a", "2")}).succeeded);
  EXPECT_FALSE(store.txn({createIs("a", 0)}, {put("a", "2")}).succeeded);
  store.remove("a");
  EXPECT_TRUE(store.txn({createIs("a", 0)}, {put("a", "3")}).succeeded);
  EXPECT_EQ(store.get("a")->value, "3");
}

TEST(StoreConformance, ComparesAreOfModAndCreateRevision) {
  StoreClient store;
  auto created = store.put("a", "1");
  auto modified = store.put("a", "2");
  EXPECT_FALSE(store.txn({modIs("a", created)}, {put("a", "x")}).succeeded);
  EXPECT_FALSE(store.txn({createIs("a", modified)}, {put("a", "x")}).succeeded);
  EXPECT_TRUE(store.txn({modIs("a", modified), createIs("a", created)}, {put("a", "3")}).succeeded);
}

TEST(StoreConformance, AFailedTransactionWritesNothingAndShowsWhatIs) {
  StoreClient store;
  auto revision = store.put("b", "2");
  store.put("a", "1");
  auto newest = store.range("a").revision;
  auto outcome = store.txn({modIs("missing", 7), modIs("b", revision), modIs("a", 1)},
                           {put("c", "3"), erase("b")});
  EXPECT_FALSE(outcome.succeeded);
  EXPECT_EQ(outcome.revision, newest);
  ASSERT_EQ(outcome.current.size(), 2u);
  EXPECT_EQ(outcome.current[0], (EntryValue{"b", "2", revision, revision, 1, 0}));
  EXPECT_EQ(outcome.current[1].key, "a");
  EXPECT_FALSE(store.get("c"));
  EXPECT_EQ(store.range("a").revision, newest);
}

TEST(StoreConformance, OneKeyTwiceIsRefused) {
  StoreClient store;
  auto before = store.range("a").revision;
  EXPECT_EQ(store.txnFailure({}, {put("a", "1"), put("a", "2")}), ErrorCode::INVALID);
  EXPECT_EQ(store.txnFailure({}, {put("a", "1"), erase("a")}), ErrorCode::INVALID);
  EXPECT_EQ(store.range("a").revision, before);
  EXPECT_FALSE(store.get("a"));
}

TEST(StoreConformance, AnEmptyKeyIsRefused) {
  StoreClient store;
  EXPECT_EQ(store.txnFailure({}, {put("", "1")}), ErrorCode::INVALID);
}

TEST(StoreConformance, OneHundredAndTwentyEightKeysAreTheMost) {
  StoreClient store;
  std::vector<WriteValue> writes;
  std::vector<CompareValue> compares;
  for (int i = 0; i < 128; ++i) {
    writes.push_back(put("k" + std::to_string(i), "x"));
    compares.push_back(modIs("k" + std::to_string(i), 0));
  }
  EXPECT_TRUE(store.txn(compares, writes).succeeded);
  writes.push_back(put("one-more", "x"));
  EXPECT_EQ(store.txnFailure({}, writes), ErrorCode::INVALID);
  EXPECT_FALSE(store.get("one-more"));
}

TEST(StoreConformance, ManyTransactionsAtOnceAreEachAtomicAndOrdered) {
  StoreClient store;
  std::vector<kj::Promise<TxnResult>> pending;
  for (int i = 0; i < 200; ++i) {
    pending.push_back(
        store.sendTxn({}, {put("x", std::to_string(i)), put("y", std::to_string(i))}));
  }
  uint64_t last = 0;
  for (auto& promise : pending) {
    auto outcome = wait(kj::mv(promise));
    EXPECT_GT(outcome.revision, last);
    last = outcome.revision;
  }
  EXPECT_EQ(store.get("x")->value, "199");
  EXPECT_EQ(store.get("x")->modRevision, store.get("y")->modRevision);
}

TEST(StoreConformance, OfManyThatCompareTheSameOneWins) {
  StoreClient store;
  std::vector<kj::Promise<TxnResult>> pending;
  for (int i = 0; i < 50; ++i) {
    pending.push_back(store.sendTxn({modIs("lock", 0)}, {put("lock", std::to_string(i))}));
  }
  int winners = 0;
  for (auto& promise : pending) winners += wait(kj::mv(promise)).succeeded ? 1 : 0;
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(store.get("lock")->version, 1u);
}

TEST(StoreConformance, CompactedHistoryIsGoneAndTheRestStays) {
  StoreClient store;
  auto first = store.put("a", "1");
  store.put("gone", "x");
  store.remove("gone");
  auto second = store.put("a", "2");
  auto third = store.put("a", "3");
  store.compact(second);
  EXPECT_EQ(store.rangeFailure("a", "", first), ErrorCode::TOO_OLD);
  EXPECT_EQ(store.range("a", "", second).values(), (std::vector<std::string>{"2"}));
  EXPECT_EQ(store.range("a", "", third).values(), (std::vector<std::string>{"3"}));
  EXPECT_TRUE(store.range("gone", "", second).entries.empty());
  EXPECT_EQ(store.status().compactRevision, second);
}

TEST(StoreConformance, CompactingAgainOrLowerDoesNothing) {
  StoreClient store;
  store.put("a", "1");
  auto second = store.put("a", "2");
  store.compact(second);
  store.compact(second);
  store.compact(second - 1);
  EXPECT_EQ(store.get("a")->value, "2");
  EXPECT_EQ(store.status().compactRevision, second);
}

TEST(StoreConformance, TheFutureCannotBeCompacted) {
  StoreClient store;
  auto revision = store.put("a", "1");
  EXPECT_EQ(store.compactFailure(revision + 1), ErrorCode::INVALID);
}

TEST(StoreConformance, StatusCountsLiveKeys) {
  StoreClient store;
  store.put("a", "1");
  store.put("b", "1");
  auto revision = store.remove("a");
  EXPECT_EQ(store.status().keys, 1u);
  EXPECT_EQ(store.status().revision, revision);
}

TEST(StoreConformance, AValueOfOneMebibyteFits) {
  StoreClient store;
  std::string value(1 << 20, 'v');
  store.put("large", value);
  EXPECT_EQ(store.get("large")->value, value);
}

}  // namespace stave::conformance
