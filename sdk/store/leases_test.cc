#include "leases.h"

#include <gtest/gtest.h>

#include "test_store.h"

namespace stave {

namespace {

struct LeasesTest : ::testing::Test {
  ~LeasesTest() noexcept override {}

  StoreTestLoop loop;
  std::vector<uint64_t> expired;
  StoreLeases leases{loop.timer, [this](uint64_t id) { expired.push_back(id); }};
};

}  // namespace

TEST_F(LeasesTest, EndInOrderOfTheirDeadlines) {
  leases.add({1, 300});
  leases.add({2, 100});
  leases.add({3, 200});
  loop.advance(100 * kj::MILLISECONDS);
  EXPECT_EQ(expired, (std::vector<uint64_t>{2}));
  EXPECT_FALSE(leases.has(2));
  loop.advance(500 * kj::MILLISECONDS);
  EXPECT_EQ(expired, (std::vector<uint64_t>{2, 3, 1}));
}

TEST_F(LeasesTest, RenewalStartsTheTimeAnew) {
  leases.add({1, 100});
  for (int i = 0; i < 5; ++i) {
    loop.advance(60 * kj::MILLISECONDS);
    EXPECT_EQ(leases.renew(1), 100u);
  }
  EXPECT_TRUE(expired.empty());
  loop.advance(100 * kj::MILLISECONDS);
  EXPECT_EQ(expired.size(), 1u);
}

TEST_F(LeasesTest, AnEndedOneCannotBeRenewed) {
  leases.add({1, 100});
  loop.advance(100 * kj::MILLISECONDS);
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([this]() { leases.renew(1); })) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::NOT_FOUND);
  } else {
    ADD_FAILURE() << "an ended lease was renewed";
  }
}

TEST_F(LeasesTest, ARemovedOneDoesNotEndAgain) {
  leases.add({1, 100});
  EXPECT_TRUE(leases.remove(1));
  EXPECT_FALSE(leases.remove(1));
  loop.advance(1 * kj::SECONDS);
  EXPECT_TRUE(expired.empty());
}

TEST(StoreLeases, ImpossibleTimesAreRefused) {
  for (auto ttlMs : {uint64_t{0}, StoreLeases::longestMs + 1, UINT64_MAX}) {
    EXPECT_TRUE(kj::runCatchingExceptions([&]() { StoreLeases::check(ttlMs); }) != nullptr);
  }
  StoreLeases::check(1);
  StoreLeases::check(StoreLeases::longestMs);
}

}  // namespace stave
