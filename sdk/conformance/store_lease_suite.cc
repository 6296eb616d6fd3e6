#include <gtest/gtest.h>

#include "store_fixture.h"

/// The `store` contract: leases and elections.
namespace stave::conformance {

namespace {

const std::string all(1, '\0');

struct GrantedLease {
  uint64_t id;
  schema::Lease::Client lease;
};

GrantedLease grant(StoreClient& store, uint64_t ttlMs) {
  auto request = store.client().grantLeaseRequest();
  request.setTtlMs(ttlMs);
  auto response = wait(request.send(), "a lease");
  return {response.getId(), response.getLease()};
}

kj::Promise<schema::Leadership::Client> campaign(StoreClient& store, const char* identity,
                                                 uint64_t ttlMs = 5'000) {
  auto request = store.client().campaignRequest();
  request.setName("test");
  request.setIdentity(identity);
  request.setTtlMs(ttlMs);
  return request.send().then([](auto&& response) { return response.getLeadership(); });
}

struct Fence {
  std::string key;
  uint64_t createRevision;
};

Fence fenceOf(schema::Leadership::Client leadership) {
  auto response = wait(leadership.fenceRequest().send(), "the fence");
  auto key = response.getKey();
  return {std::string(reinterpret_cast<const char*>(key.begin()), key.size()),
          response.getCreateRevision()};
}

}  // namespace

TEST(StoreConformance, AKeyShowsItsLease) {
  StoreClient store;
  auto lease = grant(store, 60'000);
  EXPECT_NE(lease.id, 0u);
  store.put("a", "1", lease.id);
  EXPECT_EQ(store.get("a")->lease, lease.id);
}

TEST(StoreConformance, AnUnknownLeaseIsRefused) {
  StoreClient store;
  EXPECT_EQ(store.txnFailure({}, {put("a", "1", 0x1234567)}), ErrorCode::NOT_FOUND);
  EXPECT_FALSE(store.get("a"));
}

TEST(StoreConformance, ALeaseWithoutTimeIsRefused) {
  auto request = StoreClient().client().grantLeaseRequest();
  EXPECT_EQ(failureOf(request.send(), "a lease to be refused"), ErrorCode::INVALID);
}

TEST(StoreConformance, RevokingDeletesItsKeysInOneTransaction) {
  StoreClient store;
  auto lease = grant(store, 60'000);
  store.put("a", "1", lease.id);
  store.put("b", "1", lease.id);
  store.put("other", "1");
  auto watch = store.watch("", all, 0);
  wait(lease.lease.revokeRequest().send(), "the lease to be revoked");
  EXPECT_EQ(store.range("", all).keys(), (std::vector<std::string>{"other"}));
  waitUntil([&]() { return watch->events.size() == 2; }, "two deletions");
  EXPECT_TRUE(watch->events[0].deleted && watch->events[1].deleted);
  EXPECT_EQ(watch->events[0].entry.modRevision, watch->events[1].entry.modRevision);
  EXPECT_EQ(failureOf(lease.lease.keepAliveRequest().send()), ErrorCode::NOT_FOUND);
}

TEST(StoreConformance, AnUnrenewedLeaseEndsAndDeletes) {
  StoreClient store;
  auto lease = grant(store, 1'000);
  store.put("a", "1", lease.id);
  auto watch = store.watch("", all, 0);
  waitUntil([&]() { return !store.get("a"); }, "the lease to end");
  waitUntil([&]() { return watch->events.size() == 1; }, "the deletion");
  EXPECT_TRUE(watch->events[0].deleted);
  EXPECT_EQ(failureOf(lease.lease.keepAliveRequest().send()), ErrorCode::NOT_FOUND);
  EXPECT_EQ(store.txnFailure({}, {put("b", "1", lease.id)}), ErrorCode::NOT_FOUND);
}

TEST(StoreConformance, RenewalsKeepALease) {
  StoreClient store;
  auto lease = grant(store, 1'500);
  store.put("a", "1", lease.id);
  for (int i = 0; i < 6; ++i) {
    testing::runFor(loop(), 400 * kj::MILLISECONDS);
    auto response = wait(lease.lease.keepAliveRequest().send(), "a renewal");
    EXPECT_GT(response.getTtlMs(), 0u);
  }
  EXPECT_TRUE(store.get("a"));
}

TEST(StoreConformance, DroppingTheLeasesCapabilityDoesNotEndIt) {
  StoreClient store;
  {
    auto lease = grant(store, 30'000);
    store.put("a", "1", lease.id);
  }
  testing::runFor(loop(), 100 * kj::MILLISECONDS);
  EXPECT_TRUE(store.get("a"));
}

TEST(StoreConformance, APutWithoutTheLeaseDetachesTheKey) {
  StoreClient store;
  auto lease = grant(store, 60'000);
  store.put("a", "1", lease.id);
  store.put("a", "2");
  wait(lease.lease.revokeRequest().send(), "the lease to be revoked");
  EXPECT_EQ(store.get("a")->value, "2");
}

TEST(StoreConformance, TheOnlyCandidateLeads) {
  StoreClient store;
  auto leader = wait(campaign(store, "one"), "leadership");
  auto fence = fenceOf(leader);
  EXPECT_GT(fence.createRevision, 0u);
  EXPECT_TRUE(store.txn({createIs(fence.key, fence.createRevision)}, {put("a", "1")}).succeeded);
  EXPECT_GT(wait(leader.renewRequest().send()).getTtlMs(), 0u);
}

TEST(StoreConformance, TheSecondCandidateWaitsForTheFirstToResign) {
  StoreClient store;
  auto first = wait(campaign(store, "one"), "leadership");
  bool elected = false;
  auto second = campaign(store, "two")
                    .then([&](auto leader) {
                      elected = true;
                      return leader;
                    })
                    .fork();
  testing::runFor(loop(), 200 * kj::MILLISECONDS);
  EXPECT_FALSE(elected);
  auto oldFence = fenceOf(first);
  wait(first.resignRequest().send(), "the leader to resign");
  auto leader = wait(second.addBranch(), "the second to lead");
  auto newFence = fenceOf(leader);
  EXPECT_FALSE(
      store.txn({createIs(oldFence.key, oldFence.createRevision)}, {put("a", "x")}).succeeded);
  EXPECT_TRUE(
      store.txn({createIs(newFence.key, newFence.createRevision)}, {put("a", "y")}).succeeded);
  EXPECT_EQ(failureOf(first.renewRequest().send()), ErrorCode::NOT_FOUND);
}

TEST(StoreConformance, ALeaderThatDoesNotRenewIsReplacedAndFencedOff) {
  StoreClient store;
  auto first = wait(campaign(store, "one", 1'000), "leadership");
  auto fence = fenceOf(first);
  auto second = wait(campaign(store, "two", 1'000), "the second to lead");
  EXPECT_FALSE(store.txn({createIs(fence.key, fence.createRevision)}, {put("a", "x")}).succeeded);
  EXPECT_EQ(failureOf(first.renewRequest().send()), ErrorCode::NOT_FOUND);
}

TEST(StoreConformance, AWithdrawnCandidateIsPassedOver) {
  StoreClient store;
  auto first = wait(campaign(store, "one"), "leadership");
  {
    auto second = campaign(store, "two").eagerlyEvaluate(nullptr);
    testing::runFor(loop(), 100 * kj::MILLISECONDS);
  }
  auto third = campaign(store, "three");
  wait(first.resignRequest().send(), "the leader to resign");
  wait(kj::mv(third), "the third to lead");
}

}  // namespace stave::conformance
