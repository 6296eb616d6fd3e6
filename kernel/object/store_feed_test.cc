#include "kernel/object/store_feed.h"

#include <gtest/gtest.h>
#include <kj/async-io.h>

#include "kernel/object/fake_store.h"
#include "kernel/object/test_versions.h"

namespace stave::testing {
namespace {

struct StoreFeedTest : ::testing::Test {
  ~StoreFeedTest() noexcept override {}

  static std::string valueOf(const std::string& name) {
    capnp::MallocMessageBuilder message;
    message.initRoot<schema::Object>().initMetadata().setName(name.c_str());
    auto words = encodeMessage(message);
    auto bytes = words.asChars();
    return {bytes.begin(), bytes.size()};
  }
  uint64_t put(const std::string& name) { return fake.put(podKey(name).storeKey(), valueOf(name)); }
  void load() {
    feed.emplace(io.provider->getTimer(), fake.client(), replica);
    feed->load().promise().wait(io.waitScope);
  }
  void until(const std::function<bool()>& condition) {
    for (int i = 0; i < 2000 && !condition(); ++i) {
      io.provider->getTimer().afterDelay(2 * kj::MILLISECONDS).wait(io.waitScope);
    }
    ASSERT_TRUE(condition());
  }
  bool has(const std::string& name) { return replica.cache().find(podKey(name)) != nullptr; }

  kj::AsyncIoContext io = kj::setupAsyncIo();
  FakeStore fake;
  Kinds kinds;
  Replica replica{kinds, {}};
  std::optional<StoreFeed> feed;
};

TEST_F(StoreFeedTest, ListsAndThenFollows) {
  put("a");
  load();
  EXPECT_TRUE(has("a"));
  put("b");
  until([&]() { return has("b"); });
  EXPECT_EQ(replica.revision(), fake.revision());
}

TEST_F(StoreFeedTest, ListsMoreThanAPage) {
  for (int i = 0; i < 2500; ++i) put("pod-" + std::to_string(i));
  load();
  EXPECT_EQ(replica.cache().all().size(), 2500u);
}

TEST_F(StoreFeedTest, WhatCannotBeReadIsLeftOut) {
  fake.put(podKey("bad").storeKey(), "not a message");
  fake.put("/o/nonsense", "x");
  put("good");
  load();
  EXPECT_TRUE(has("good"));
  EXPECT_EQ(replica.cache().all().size(), 1u);
  EXPECT_EQ(replica.revision(), fake.revision());
}

TEST_F(StoreFeedTest, FollowsAgainAfterADeathOfTheStore) {
  load();
  fake.crash();
  put("a");
  until([&]() { return has("a"); });
  put("b");
  until([&]() { return has("b"); });
}

TEST_F(StoreFeedTest, ListsAnewWhatCompactionTook) {
  load();
  fake.watchBroken = true;
  fake.crash();
  put("a");
  fake.compactAll();
  put("b");
  fake.compactAll();
  fake.watchBroken = false;
  until([&]() { return has("a") && has("b"); });
}

TEST_F(StoreFeedTest, BeginsAnewWithAStoreThatWentBackInTime) {
  put("a");
  put("b");
  load();
  fake.loseEverything();
  put("c");
  until([&]() { return has("c"); });
  EXPECT_FALSE(has("a"));
  EXPECT_EQ(replica.revision(), 1u);
}

TEST_F(StoreFeedTest, RefreshFindsWhatTheWatchDidNotTell) {
  load();
  put("first");
  until([&]() { return has("first"); });  // so the watch is open
  fake.watchMuted = true;
  put("a");
  io.provider->getTimer().afterDelay(10 * kj::MILLISECONDS).wait(io.waitScope);
  EXPECT_FALSE(has("a"));
  feed->refresh();
  until([&]() { return has("a"); });
}

}  // namespace
}  // namespace stave::testing
