#include "kernel/object/replica.h"

#include <gtest/gtest.h>
#include <kj/async-io.h>
#include <stave/error.h>

#include "kernel/object/test_versions.h"

namespace stave::testing {
namespace {

Batch batchOf(uint64_t revision, const std::vector<std::string>& put,
              const std::vector<std::string>& removed = {}) {
  Batch batch;
  batch.revision = revision;
  for (auto& name : put) batch.steps.push_back({podKey(name), podAt(name, revision), nullptr});
  for (auto& name : removed) batch.steps.push_back({podKey(name), nullptr, nullptr});
  return batch;
}

struct ReplicaTest : ::testing::Test {
  ReplicaTest() {
    replica.onChange([this](const ObjectChange& change) {
      told += (change.after == nullptr ? "-" : "+") + change.key().name +
              std::to_string(change.revision) + " ";
    });
    replica.beginListing();
    replica.listed(10, batchOf(10, {"a"}));
  }
  ~ReplicaTest() noexcept override {}

  uint64_t revisionOf(const std::string& name) {
    auto found = replica.cache().find(podKey(name));
    return found == nullptr ? 0 : found->revision();
  }
  template <typename... Batches>
  void watched(uint64_t revision, Batches... batches) {
    std::vector<Batch> list;
    (list.push_back(std::move(batches)), ...);
    replica.watched(revision, std::move(list));
  }

  kj::AsyncIoContext io = kj::setupAsyncIo();
  Kinds kinds;
  Replica replica{kinds, {}};
  std::string told;
};

TEST_F(ReplicaTest, BeginsWithAListing) {
  EXPECT_EQ(replica.revision(), 10u);
  EXPECT_EQ(revisionOf("a"), 10u);
  EXPECT_EQ(replica.hub().revision(), 10u);
  EXPECT_EQ(told, "");
}

TEST_F(ReplicaTest, AnAnswerThatIsNextIsAppliedAtOnceAndOnce) {
  replica.answered(batchOf(11, {"b"}));
  EXPECT_EQ(replica.revision(), 11u);
  watched(11, batchOf(11, {"b"}));
  replica.answered(batchOf(11, {"b"}));
  EXPECT_EQ(told, "+b11 ");
}

TEST_F(ReplicaTest, AnAnswerAheadWaitsForWhatLiesBetween) {
  replica.answered(batchOf(12, {"c"}));
  EXPECT_EQ(replica.revision(), 10u);
  watched(11, batchOf(11, {"b"}));
  EXPECT_EQ(told, "+b11 +c12 ");
  EXPECT_EQ(replica.revision(), 12u);
}

TEST_F(ReplicaTest, OurOwnAnswerKnowsMoreThanTheWatch) {
  auto ours = batchOf(12, {}, {"a"});
  ours.steps[0].last = versionOf(podKey("a"), 12, withLabel("told", "by us"));
  replica.answered(std::move(ours));
  std::string label;
  replica.onChange([&](const ObjectChange& change) {
    if (change.last != nullptr && change.last->metadata().getLabels().size() == 1) label = "ours";
  });
  watched(12, batchOf(11, {"b"}), batchOf(12, {}, {"a"}));
  EXPECT_EQ(label, "ours");
}

TEST_F(ReplicaTest, ARemovalFromTheWatchHasTheLastStateKnown) {
  VersionPtr last;
  replica.onChange([&](const ObjectChange& change) { last = change.last; });
  watched(11, batchOf(11, {}, {"a"}));
  ASSERT_NE(last, nullptr);
  EXPECT_EQ(last->key(), podKey("a"));
  EXPECT_EQ(last->revision(), 11u);
}

TEST_F(ReplicaTest, TheRemovalOfWhatWasNotThereIsNoChange) {
  watched(11, batchOf(11, {}, {"nobody"}));
  EXPECT_EQ(told, "");
  EXPECT_EQ(replica.revision(), 11u);
}

TEST_F(ReplicaTest, RevisionsWithoutObjectsOfOursPass) {
  watched(15);
  EXPECT_EQ(replica.revision(), 15u);
  EXPECT_EQ(replica.hub().revision(), 15u);
  watched(12, batchOf(12, {"late"}));
  EXPECT_EQ(revisionOf("late"), 0u) << "what is past is not applied again";
}

TEST_F(ReplicaTest, TellsWhenARevisionIsReached) {
  bool reached = false;
  auto waiting = replica.reached(12).then([&]() { reached = true; }).eagerlyEvaluate(nullptr);
  watched(11);
  io.waitScope.poll();
  EXPECT_FALSE(reached);
  watched(13);
  io.waitScope.poll();
  EXPECT_TRUE(reached);
  replica.reached(13).wait(io.waitScope);
}

TEST_F(ReplicaTest, ALaterListingTellsTheDifference) {
  watched(11, batchOf(11, {"b"}));
  told = "";
  auto all = batchOf(11, {"b"});
  all.steps.push_back({podKey("c"), podAt("c", 14), nullptr});
  replica.beginListing();
  replica.listed(20, std::move(all));
  EXPECT_EQ(told, "+c14 -a20 ");
  EXPECT_EQ(replica.revision(), 20u);
}

TEST_F(ReplicaTest, AnswersDuringAListingAreKeptBack) {
  replica.beginListing();
  replica.answered(batchOf(11, {"b"}));
  EXPECT_EQ(replica.revision(), 10u);
  replica.listed(10, batchOf(10, {"a"}));
  EXPECT_EQ(replica.revision(), 11u);
  EXPECT_EQ(told, "+b11 ");
}

TEST_F(ReplicaTest, AStoreThatWentBackInTimeReplacesEverything) {
  watched(11, batchOf(11, {"b"}));
  auto waiting = replica.reached(30);
  replica.beginListing();
  replica.listed(4, batchOf(4, {"old"}));
  EXPECT_EQ(replica.revision(), 4u);
  EXPECT_EQ(revisionOf("a"), 0u);
  EXPECT_EQ(revisionOf("old"), 4u);
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { waiting.wait(io.waitScope); })) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::UNAVAILABLE);
  } else {
    FAIL() << "a revision that will never come was reached";
  }
}

}  // namespace
}  // namespace stave::testing
