#include <gtest/gtest.h>
#include <stave/os/random.h>

namespace stave::os {
namespace {

TEST(Random, GivesAsManyBytesAsAskedFor) {
  EXPECT_EQ(randomBytes(0).size(), 0u);
  EXPECT_EQ(randomBytes(1).size(), 1u);
  EXPECT_EQ(randomBytes(100'000).size(), 100'000u);
}

TEST(Random, NeverGivesTheSameTwice) {
  EXPECT_NE(randomBytes(32), randomBytes(32));
}

}  // namespace
}  // namespace stave::os
