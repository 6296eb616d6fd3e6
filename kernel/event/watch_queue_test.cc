#include "kernel/event/watch_queue.h"

#include <gtest/gtest.h>

#include "kernel/object/test_versions.h"

namespace stave::testing {
namespace {

constexpr size_t all = 1'000'000;

/// Watches pods with the label "on".
struct WatchQueueTest : ::testing::Test {
  WatchQueueTest() {
    capnp::MallocMessageBuilder message;
    auto asked = message.initRoot<schema::Query>();
    asked.setKind("Pod");
    auto requirement = asked.initLabels(1)[0];
    requirement.setKey("on");
    requirement.setOp(schema::Requirement::Op::EXISTS);
    query.emplace(kinds, asked.asReader());
  }

  ~WatchQueueTest() noexcept override {}

  static VersionPtr on(const std::string& name, uint64_t revision) {
    return podAt(name, revision, withLabel("on", ""));
  }
  static VersionPtr off(const std::string& name, uint64_t revision) {
    return podAt(name, revision);
  }

  void add(ObjectChange change) { queue.add(*query, change); }
  void replay(ObjectChange change) { queue.replay(*query, change); }

  /// "a@3", "-b@4" of a removal.
  std::vector<std::string> taken(size_t entries = all, size_t words = all) {
    std::vector<std::string> texts;
    for (auto& entry : queue.take(entries, words)) {
      texts.push_back((entry.removed ? "-" : "") + entry.state->key().name + "@" +
                      std::to_string(entry.state->revision()));
    }
    return texts;
  }
  using Texts = std::vector<std::string>;

  Kinds kinds;
  std::optional<Query> query;
  WatchQueue queue;
};

TEST_F(WatchQueueTest, TellsInOrderOfRevision) {
  queue.seed(on("b", 9));
  queue.seed(on("a", 2));
  add(putChange(nullptr, on("c", 10)));
  EXPECT_EQ(taken(), (Texts{"a@2", "b@9", "c@10"}));
  EXPECT_TRUE(queue.empty());
}

TEST_F(WatchQueueTest, WhatDoesNotMatchLeavesNothing) {
  add(putChange(nullptr, off("a", 1)));
  add(removal(off("a", 1), 2));
  EXPECT_TRUE(queue.empty());
}

TEST_F(WatchQueueTest, TheNewestStateCounts) {
  add(putChange(nullptr, on("a", 1)));
  add(putChange(nullptr, on("b", 2)));
  add(putChange(on("a", 1), on("a", 3)));
  EXPECT_EQ(queue.size(), 2u);
  EXPECT_EQ(taken(), (Texts{"b@2", "a@3"}));
}

TEST_F(WatchQueueTest, WhatCameAndWentUnheardLeavesNothing) {
  add(putChange(nullptr, on("a", 1)));
  add(removal(on("a", 1), 2));
  EXPECT_TRUE(queue.empty());
  add(putChange(nullptr, on("b", 3)));
  add(putChange(on("b", 3), off("b", 4)));
  EXPECT_TRUE(queue.empty());
}

TEST_F(WatchQueueTest, WhatTheWatcherKnewIsToldToBeGone) {
  add(putChange(nullptr, on("a", 1)));
  add(putChange(nullptr, on("b", 2)));
  EXPECT_EQ(taken(), (Texts{"a@1", "b@2"}));
  add(removal(on("a", 1), 3));
  add(putChange(on("b", 2), off("b", 4)));
  EXPECT_EQ(taken(), (Texts{"-a@3", "-b@4"}));
}

TEST_F(WatchQueueTest, AChangeAndThenARemovalOfWhatIsKnownIsARemoval) {
  add(putChange(on("a", 1), on("a", 2)));
  add(removal(on("a", 2), 3));
  EXPECT_EQ(taken(), Texts{"-a@3"});
}

TEST_F(WatchQueueTest, GoneAndBackIsToldAsAPut) {
  add(removal(on("a", 1), 2));
  add(putChange(nullptr, on("a", 3)));
  EXPECT_EQ(taken(), Texts{"a@3"});
}

TEST_F(WatchQueueTest, WhatIsReplayedIsToldChangeByChange) {
  replay(putChange(nullptr, on("a", 1)));
  replay(putChange(on("a", 1), on("a", 2)));
  replay(removal(on("a", 2), 3));
  EXPECT_EQ(taken(), (Texts{"a@1", "a@2", "-a@3"}));
}

TEST_F(WatchQueueTest, ALiveChangeMergesWithTheLastOneReplayed) {
  replay(putChange(nullptr, on("a", 1)));
  replay(putChange(on("a", 1), on("a", 2)));
  add(removal(on("a", 2), 3));
  EXPECT_EQ(taken(), (Texts{"a@1", "-a@3"}));
}

TEST_F(WatchQueueTest, TakesWholeRevisions) {
  for (auto* name : {"a", "b", "c"}) add(putChange(nullptr, on(name, 1)));
  add(putChange(nullptr, on("d", 2)));
  EXPECT_EQ(taken(1), (Texts{"a@1", "b@1", "c@1"}));
  EXPECT_EQ(taken(1), Texts{"d@2"});
}

TEST_F(WatchQueueTest, TakesUntilThereAreEnoughWords) {
  for (uint64_t i = 1; i <= 3; ++i) add(putChange(nullptr, on(std::to_string(i), i)));
  size_t words = on("1", 1)->words();
  EXPECT_EQ(taken(all, words + 1).size(), 2u);
  EXPECT_EQ(queue.size(), 1u);
}

}  // namespace
}  // namespace stave::testing
