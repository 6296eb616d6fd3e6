#include <gtest/gtest.h>
#include <stave/json.h>

namespace stave {
namespace {

TEST(NearestName, FindsSlips) {
  std::vector<std::string> names = {"image", "command", "environment", "terminal"};
  EXPECT_EQ(nearestName("imgae", names), "image");
  EXPECT_EQ(nearestName("Comand", names), "command");
  EXPECT_EQ(nearestName("env", names), "environment");
  EXPECT_EQ(nearestName("terminl", names), "terminal");
}

TEST(NearestName, PrefersTheNearest) {
  EXPECT_EQ(nearestName("port", {"sort", "ports", "port"}), "port");
}

TEST(NearestName, GivesNothingIfNoneIsNear) {
  EXPECT_EQ(nearestName("xyz", {"image", "command"}), "");
  EXPECT_EQ(nearestName("", {"a"}), "");
  EXPECT_EQ(nearestName("image", {}), "");
  EXPECT_EQ(nearestName(std::string(100'000, 'a'), {"aaa"}), "");
}

}  // namespace
}  // namespace stave
