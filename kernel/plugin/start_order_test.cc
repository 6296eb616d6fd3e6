#include "kernel/plugin/start_order.h"

#include <gtest/gtest.h>

namespace stave::plugin {
namespace {

TEST(StartOrderTest, EachComesAfterWhatItRequires) {
  auto order = startOrder({{"engine", "node", {"runtime", "storage/overlay"}},
                           {"runtime", "native", {}},
                           {"storage", "copy", {}},
                           {"storage", "overlay", {"content"}},
                           {"content", "local", {}}});
  EXPECT_TRUE(order.impossible.empty());
  EXPECT_EQ(order.before[0], (std::vector<size_t>{1, 3}));
  EXPECT_EQ(order.before[3], (std::vector<size_t>{4}));
  EXPECT_TRUE(order.before[1].empty());
}

TEST(StartOrderTest, AKindMeansAllOfIt) {
  auto order = startOrder(
      {{"engine", "node", {"network"}}, {"network", "bridge", {}}, {"network", "none", {}}});
  EXPECT_EQ(order.before[0], (std::vector<size_t>{1, 2}));
}

TEST(StartOrderTest, MissingRequirementIsNamed) {
  auto order = startOrder({{"engine", "node", {"content"}}});
  ASSERT_EQ(order.impossible.count(0), 1u);
  EXPECT_NE(order.impossible.at(0).find("\"content\""), std::string::npos);
}

TEST(StartOrderTest, CirclesAreImpossible) {
  auto order =
      startOrder({{"a", "x", {"b"}}, {"b", "x", {"c"}}, {"c", "x", {"a"}}, {"d", "x", {}}});
  EXPECT_EQ(order.impossible.size(), 1u);
  EXPECT_EQ(order.impossible.count(3), 0u);
}

}  // namespace
}  // namespace stave::plugin
