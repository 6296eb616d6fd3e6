#include "dead_pods.h"

#include <gtest/gtest.h>

namespace stave::node {
namespace {

TEST(DeadPods, KeepsTheNewest) {
  EXPECT_EQ(choosePods({{"a", 3}, {"b", 1}, {"c", 2}}, 1), (std::vector<std::string>{"b", "c"}));
  EXPECT_TRUE(choosePods({{"a", 3}, {"b", 1}}, 2).empty());
  EXPECT_EQ(choosePods({{"a", 3}}, 0), std::vector<std::string>{"a"});
}

}  // namespace
}  // namespace stave::node
