#include <gtest/gtest.h>
#include <kj/exception.h>
#include <stave/image/platform.h>

namespace stave::image {
namespace {

TEST(Platform, NormalizesNames) {
  EXPECT_EQ(normalize({"Linux", "x86_64", "v1"}).text(), "linux/amd64");
  EXPECT_EQ(normalize({"linux", "aarch64", "8"}).text(), "linux/arm64");
  EXPECT_EQ(normalize({"linux", "armhf", ""}).text(), "linux/arm/v7");
  EXPECT_EQ(normalize({"linux", "amd64", "v3"}).text(), "linux/amd64/v3");
  EXPECT_EQ(normalize({}), hostPlatform());
}

TEST(Platform, Parses) {
  EXPECT_EQ(parsePlatform("linux/arm/v6").text(), "linux/arm/v6");
  EXPECT_EQ(parsePlatform("arm64").text(), "linux/arm64");
  EXPECT_EQ(parsePlatform("windows/amd64").text(), "windows/amd64");
  EXPECT_THROW(parsePlatform("linux//v7"), kj::Exception);
  EXPECT_THROW(parsePlatform("a/b/c/d"), kj::Exception);
  EXPECT_THROW(parsePlatform(""), kj::Exception);
}

TEST(Platform, ChoosesTheBestThatRuns) {
  std::vector<Platform> offered = {{"linux", "amd64", ""},   {"linux", "arm", "v5"},
                                   {"linux", "arm", "v7"},   {"linux", "arm64", "v8"},
                                   {"linux", "amd64", "v3"}, {"windows", "amd64", ""}};
  EXPECT_EQ(choosePlatform({"linux", "amd64", ""}, offered), 0);
  EXPECT_EQ(choosePlatform({"linux", "amd64", "v4"}, offered), 4);
  EXPECT_EQ(choosePlatform({"linux", "amd64", "v2"}, offered), 0);
  EXPECT_EQ(choosePlatform({"linux", "arm", "v7"}, offered), 2);
  EXPECT_EQ(choosePlatform({"linux", "arm", "v6"}, offered), 1);
  EXPECT_EQ(choosePlatform({"linux", "arm64", ""}, offered), 3);
  EXPECT_EQ(choosePlatform({"linux", "s390x", ""}, offered), -1);
  EXPECT_EQ(choosePlatform({"linux", "amd64", ""}, {}), -1);
}

TEST(Platform, UnknownIsNeverChosen) {
  EXPECT_EQ(suitability({"", "", ""}, {"unknown", "unknown", ""}), 0u);
  EXPECT_EQ(suitability({"", "", ""}, {"", "", ""}), 0u);
}

}  // namespace
}  // namespace stave::image
