#include <stave/store/service.h>

#include <gtest/gtest.h>

#include "test_store.h"

namespace stave {

namespace {

struct ServiceTest : ::testing::Test {
  ~ServiceTest() noexcept override {}

  StoreTestLoop loop;
  schema::Store::Client store = newMemoryStore(loop.timer, {.retainRevisions = 10});

  uint64_t put(kj::StringPtr key, size_t size) {
    auto request = store.txnRequest();
    auto write = request.initWrites(1)[0];
    write.setKey(key.asBytes());
    write.initPut(size);
    return request.send().wait(loop.scope).getRevision();
  }

  auto rangeOfAll(uint32_t limit, uint64_t revision = 0) {
    auto request = store.rangeRequest();
    const kj::byte zero[] = {0};
    request.setEnd(kj::arrayPtr(zero, 1));
    request.setLimit(limit);
    request.setRevision(revision);
    return request;
  }
};

}  // namespace

TEST_F(ServiceTest, ARangeThatNoMessageHoldsIsRefusedOrCut) {
  for (auto key : {"a", "b", "c"}) put(key, 12 << 20);
  auto whole = rangeOfAll(0).send().ignoreResult();
  EXPECT_EQ(loop.failureOf(kj::mv(whole)), ErrorCode::EXHAUSTED);
  auto page = rangeOfAll(3).send().wait(loop.scope);
  EXPECT_EQ(page.getEntries().size(), 2u);
  EXPECT_TRUE(page.getMore());
}

TEST_F(ServiceTest, HistoryIsBoundedWithoutAnybodyCompacting) {
  auto first = put("a", 1);
  for (int i = 0; i < 100; ++i) put("a", 1);
  auto old = rangeOfAll(0, first).send().ignoreResult();
  EXPECT_EQ(loop.failureOf(kj::mv(old)), ErrorCode::TOO_OLD);
  auto status = store.statusRequest().send().wait(loop.scope);
  EXPECT_LE(status.getRevision() - status.getCompactRevision(), 10u + 16u);
}

TEST_F(ServiceTest, AStoppedServiceReadsAndRefusesToWrite) {
  StoreService service(loop.timer, {}, kj::heap<FakeJournal>());
  store = service.client();
  put("a", 1);
  service.stop().wait(loop.scope);
  EXPECT_EQ(rangeOfAll(0).send().wait(loop.scope).getEntries().size(), 1u);
  auto request = store.txnRequest();
  request.initWrites(1)[0].setKey(kj::StringPtr("b").asBytes());
  auto refused = request.send().ignoreResult();
  EXPECT_EQ(loop.failureOf(kj::mv(refused)), ErrorCode::UNAVAILABLE);
}

}  // namespace stave
