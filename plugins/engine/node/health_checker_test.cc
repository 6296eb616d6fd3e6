#include "health_checker.h"

#include <gtest/gtest.h>

namespace stave::node {
namespace {

constexpr int64_t second = 1'000'000'000;

struct Health : testing::Test {
  HealthPlan plan{.command = {"true"}, .retries = 2};
  HealthRecord record;

  Health() { record.state = HealthRecord::State::starting; }
  void result(int32_t exitCode, int64_t at = 100 * second) {
    record.add({at, at, exitCode, ""}, plan, 0);
  }
};

TEST_F(Health, IsHealthyAfterOneSuccess) {
  result(0);
  EXPECT_EQ(record.state, HealthRecord::State::healthy);
}

TEST_F(Health, IsUnhealthyAfterSeveralFailuresInARow) {
  result(0);
  result(1);
  EXPECT_EQ(record.state, HealthRecord::State::healthy);
  result(0);
  result(1);
  result(1);
  EXPECT_EQ(record.state, HealthRecord::State::unhealthy);
  EXPECT_EQ(record.failures, 2u);
  result(0);
  EXPECT_EQ(record.state, HealthRecord::State::healthy);
}

TEST_F(Health, ForgivesFailuresWhileItStarts) {
  plan.startPeriodMillis = 10'000;
  for (int i = 0; i < 5; ++i) result(1, 5 * second);
  EXPECT_EQ(record.state, HealthRecord::State::starting);
  result(1, 11 * second);
  result(1, 12 * second);
  EXPECT_EQ(record.state, HealthRecord::State::unhealthy);
}

TEST_F(Health, KeepsTheLastFiveResults) {
  for (int i = 0; i < 9; ++i) result(i);
  ASSERT_EQ(record.results.size(), 5u);
  EXPECT_EQ(record.results.front().exitCode, 4);
}

}  // namespace
}  // namespace stave::node
