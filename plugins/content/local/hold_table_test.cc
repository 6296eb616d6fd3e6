#include "hold_table.h"

#include <gtest/gtest.h>

namespace stave::local {
namespace {

TEST(HoldTable, CountsEachHoldOnce) {
  HoldTable table;
  auto first = table.add({"one", {"a", "b"}});
  auto second = table.add({"one", {"b"}});
  EXPECT_EQ(table.countOf("b"), 2u);
  EXPECT_TRUE(table.extend(first, {"b", "c"}));
  EXPECT_EQ(table.countOf("b"), 2u);
  table.remove(first);
  EXPECT_FALSE(table.isHeld("a"));
  EXPECT_FALSE(table.isHeld("c"));
  EXPECT_TRUE(table.isHeld("b"));
  table.remove(second);
  EXPECT_FALSE(table.isHeld("b"));
  EXPECT_FALSE(table.extend(second, {"x"}));
  EXPECT_FALSE(table.isHeld("x"));
}

TEST(HoldTable, PersistentNameIsReplaced) {
  HoldTable table;
  auto first = table.add({"image", {"a"}, true});
  auto second = table.add({"image", {"b"}, true});
  EXPECT_FALSE(table.isHeld("a"));
  EXPECT_TRUE(table.isHeld("b"));
  EXPECT_EQ(table.find("image"), second);
  EXPECT_EQ(table.get(first), nullptr);
  table.remove(table.find("image"));
  EXPECT_EQ(table.find("image"), 0u);
  table.remove(table.find("image"));
}

}  // namespace
}  // namespace stave::local
