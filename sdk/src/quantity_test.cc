#include <gtest/gtest.h>
#include <stave/json.h>

namespace stave {
namespace {

uint64_t bytesOf(std::string_view text) {
  constexpr uint64_t none = 0xdead;
  return parseBytes(text).orDefault(none);
}

uint64_t millisecondsOf(std::string_view text) {
  constexpr uint64_t none = 0xdead;
  return parseMilliseconds(text).orDefault(none);
}

TEST(ParseBytes, KnowsBinaryMultiples) {
  EXPECT_EQ(bytesOf("1024"), 1024);
  EXPECT_EQ(bytesOf("7b"), 7);
  EXPECT_EQ(bytesOf("128m"), 128ull << 20);
  EXPECT_EQ(bytesOf("2GiB"), 2ull << 30);
  EXPECT_EQ(bytesOf("2 GB"), 2ull << 30);
  EXPECT_EQ(bytesOf("1.5k"), 1536);
  EXPECT_EQ(bytesOf("1P"), 1ull << 50);
  EXPECT_EQ(bytesOf("18446744073709551615"), 18446744073709551615ull);
}

TEST(ParseBytes, RefusesWhatIsNone) {
  for (auto text : {"", "m", "-1", "1x", "1mm", "1.", ".5", "1e3", "1..2", "18446744073709551616",
                    "20000000p", "1  k"}) {
    EXPECT_TRUE(parseBytes(text) == nullptr) << text;
  }
}

TEST(ParseMilliseconds, AddsUnits) {
  EXPECT_EQ(millisecondsOf("250ms"), 250);
  EXPECT_EQ(millisecondsOf("10s"), 10'000);
  EXPECT_EQ(millisecondsOf("1m30s"), 90'000);
  EXPECT_EQ(millisecondsOf("1.5h"), 5'400'000);
  EXPECT_EQ(millisecondsOf("1d"), 86'400'000);
  EXPECT_EQ(millisecondsOf("1500us"), 1);
  EXPECT_EQ(millisecondsOf("0"), 0);
}

TEST(ParseMilliseconds, RefusesWhatIsNone) {
  for (auto text : {"", "10", "s", "10x", "-1s", "1s2", "99999999999999999999h"}) {
    EXPECT_TRUE(parseMilliseconds(text) == nullptr) << text;
  }
}

}  // namespace
}  // namespace stave
