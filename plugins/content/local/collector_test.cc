#include "collector.h"

#include <gtest/gtest.h>

namespace stave::local {
namespace {

const std::map<std::string, BlobFile> blobs = {
    {"a", {10, 3}}, {"b", {20, 1}}, {"c", {30, 2}}, {"d", {40, 4}}};

using Names = std::vector<std::string>;
bool anything(const std::string&) {
  return true;
}

TEST(Collector, OldestGoFirstUntilTheGoalIsMet) {
  EXPECT_EQ(chooseVictims(blobs, anything, {80}), Names({"b"}));
  EXPECT_EQ(chooseVictims(blobs, anything, {79}), Names({"b", "c"}));
  EXPECT_EQ(chooseVictims(blobs, anything, {100}), Names());
}

TEST(Collector, GoalOfNothingTakesAll) {
  EXPECT_EQ(chooseVictims(blobs, anything, {0}), Names({"b", "c", "a", "d"}));
  EXPECT_EQ(chooseVictims({{"empty", {0, 1}}}, anything, {0}), Names({"empty"}));
}

TEST(Collector, HeldOnesStay) {
  auto mayGo = [](const std::string& name) { return name != "b"; };
  EXPECT_EQ(chooseVictims(blobs, mayGo, {1}), Names({"c", "a", "d"}));
}

TEST(Collector, YoungOnesStay) {
  EXPECT_EQ(chooseVictims(blobs, anything, {1, 2}), Names({"b", "c"}));
}

}  // namespace
}  // namespace stave::local
