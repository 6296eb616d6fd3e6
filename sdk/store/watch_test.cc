#include "watch.h"

#include <gtest/gtest.h>

#include "test_store.h"

namespace stave {

namespace {

struct Told {
  std::vector<uint64_t> revisions;
  size_t events = 0;
  std::string ended;
  bool slow = false;
  std::vector<kj::Own<kj::PromiseFulfiller<void>>> waiting;
};

class Sink final : public schema::StoreWatchSink::Server {
 public:
  explicit Sink(Told& told) : told_(told) {}

  kj::Promise<void> events(EventsContext context) override {
    told_.revisions.push_back(context.getParams().getRevision());
    told_.events += context.getParams().getEvents().size();
    if (!told_.slow) return kj::READY_NOW;
    auto pair = kj::newPromiseAndFulfiller<void>();
    told_.waiting.push_back(kj::mv(pair.fulfiller));
    return kj::mv(pair.promise);
  }
  kj::Promise<void> ended(EndedContext context) override {
    told_.ended = context.getParams().getError().cStr();
    return kj::READY_NOW;
  }

 private:
  Told& told_;
};

struct WatchTest : ::testing::Test {
  ~WatchTest() noexcept override {}

  StoreTestLoop loop;
  kj::Own<StoreService::Core> core = kj::refcounted<StoreService::Core>(
      loop.timer, StoreState(), kj::Own<StoreJournal>(), StoreOptions());
  Told told;
  StoreRange everything{"", std::string(1, '\0')};

  void put(const std::string& key, const std::string& value) {
    core->commit(putting(key, value), false).wait(loop.scope);
  }
};

}  // namespace

TEST_F(WatchTest, WhatIsOutsideTheRangeMakesNoMessage) {
  auto watch = core->watch({"b", ""}, 0, kj::heap<Sink>(told));
  put("a", "1");
  loop.settle();
  EXPECT_TRUE(told.revisions.empty());
  put("b", "1");
  loop.settle();
  EXPECT_EQ(told.revisions, (std::vector<uint64_t>{3}));
}

TEST_F(WatchTest, ASlowSinkGetsTheBacklogInFewMessages) {
  told.slow = true;
  auto watch = core->watch(everything, 0, kj::heap<Sink>(told));
  for (int i = 0; i < 50; ++i) put("k", std::to_string(i));
  loop.settle();
  EXPECT_LT(told.revisions.size(), 5u);
  told.slow = false;
  while (!told.waiting.empty()) {
    auto waiting = kj::mv(told.waiting);
    for (auto& fulfiller : waiting) fulfiller->fulfill();
    loop.settle();
  }
  EXPECT_EQ(told.events, 50u);
  EXPECT_LT(told.revisions.size(), 10u);
}

TEST_F(WatchTest, OneThatFallsBehindCompactionIsToldOfItsEnd) {
  told.slow = true;
  auto watch = core->watch(everything, 0, kj::heap<Sink>(told));
  put("k", "1");
  loop.settle();
  ASSERT_EQ(told.waiting.size(), 1u);
  for (int i = 0; i < 5; ++i) put("k", std::to_string(i));
  core->compact(core->index().revision());
  told.waiting[0]->fulfill();
  loop.settle();
  EXPECT_NE(told.ended, "");
  EXPECT_EQ(told.events, 1u);
}

TEST_F(WatchTest, StoppingTellsEveryWatcher) {
  auto watch = core->watch(everything, 0, kj::heap<Sink>(told));
  core->stop().wait(loop.scope);
  EXPECT_NE(told.ended, "");
}

}  // namespace stave
