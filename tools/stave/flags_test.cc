#include "flags.h"

#include <gtest/gtest.h>

namespace stave::cli {
namespace {

struct Parsed {
  bool all = false, proxy = true;
  std::string name = "default";
  std::vector<std::string> values;
  int64_t number = 0;
  uint64_t bytes = 0;
  std::vector<std::string> arguments;
};

Parsed parse(const std::vector<std::string>& words, bool passThrough = false) {
  Parsed parsed;
  Flags flags;
  flags.toggle("-a,--all", parsed.all, "");
  flags.toggle("--sig-proxy", parsed.proxy, "");
  flags.text("-n,--name", parsed.name, "");
  flags.texts("-e,--env", parsed.values, "");
  flags.integer("-t,--time", parsed.number, "");
  flags.bytes("-m,--memory", parsed.bytes, "");
  flags.refuse("--link", "links are gone");
  parsed.arguments = parseFlags(flags, words, passThrough).arguments;
  return parsed;
}

using Words = std::vector<std::string>;

TEST(Flags, TakeValuesInEachForm) {
  EXPECT_EQ(parse({"--name", "x"}).name, "x");
  EXPECT_EQ(parse({"--name=x=y"}).name, "x=y");
  EXPECT_EQ(parse({"-nx"}).name, "x");
  EXPECT_EQ(parse({"--name", ""}).name, "");
  EXPECT_EQ(parse({"--name=", "rest"}).name, "");
  EXPECT_EQ(parse({"--name=", "rest"}).arguments, Words{"rest"});
  EXPECT_EQ(parse({"-t", "-5"}).number, -5);
  EXPECT_EQ(parse({"-m", "2k"}).bytes, 2048u);
}

TEST(Flags, BundleAndRepeat) {
  auto parsed = parse({"-ae", "A=1", "-e", "B=2", "word"});
  EXPECT_TRUE(parsed.all);
  EXPECT_EQ(parsed.values, (Words{"A=1", "B=2"}));
  EXPECT_EQ(parsed.arguments, Words{"word"});
}

TEST(Flags, TogglesCanBeTurnedOff) {
  EXPECT_FALSE(parse({"--sig-proxy=false"}).proxy);
}

TEST(Flags, StandAnywhereUnlessPassedThrough) {
  EXPECT_TRUE(parse({"word", "-a"}).all);
  auto passed = parse({"-e", "A=1", "word", "-a", "--"}, true);
  EXPECT_FALSE(passed.all);
  EXPECT_EQ(passed.arguments, (Words{"word", "-a", "--"}));
}

TEST(Flags, DashesEndThem) {
  EXPECT_EQ(parse({"--", "-a"}).arguments, Words{"-a"});
  EXPECT_EQ(parse({"--", "-a"}, true).arguments, Words{"-a"});
}

TEST(Flags, SayWhatIsWrong) {
  for (auto& words : {Words{"--frob"}, Words{"-x"}, Words{"--name"}, Words{"-t", "x"},
                      Words{"-m", "lots"}, Words{"--link", "db"}}) {
    EXPECT_THROW(parse(words), UsageError) << words[0];
  }
}

}  // namespace
}  // namespace stave::cli
