#include "kernel/object/name_rule.h"

#include <gtest/gtest.h>
#include <stave/error.h>

namespace stave {
namespace {

std::string errorOf(std::string_view pattern, size_t maximum) {
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { NameRule(pattern, maximum); })) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::INVALID);
    return textOf(*exception);
  }
  return "";
}

TEST(NameRule, TheDefaultIsThatOfContainers) {
  NameRule rule;
  for (auto name : {"web", "Web_1.old-2", "0", "a."}) EXPECT_TRUE(rule.fits(name)) << name;
  for (auto name : {"", "a/b", "a b", "-a", ".a", "_a", "a\n", "\xc3\xa4"})
    EXPECT_FALSE(rule.fits(name)) << name;
  EXPECT_TRUE(rule.fits(std::string(200, 'a')));
  EXPECT_FALSE(rule.fits(std::string(201, 'a')));
}

TEST(NameRule, AnotherMatchesInFull) {
  NameRule rule("[a-z]+|[0-9]+", 5);
  EXPECT_TRUE(rule.fits("abc"));
  EXPECT_TRUE(rule.fits("123"));
  EXPECT_FALSE(rule.fits("abc1"));
  EXPECT_FALSE(rule.fits("abcdef"));
  EXPECT_EQ(rule.text(), "must match [a-z]+|[0-9]+ and have at most 5 bytes");
}

TEST(NameRule, MustBeOne) {
  EXPECT_EQ(errorOf("[a-z", 0).find("the pattern of names \"[a-z\" is not a regular expression"),
            0u);
  EXPECT_EQ(errorOf("", 513), "the length of names must be at most 512, not 513");
  EXPECT_EQ(errorOf("", 512), "");
}

}  // namespace
}  // namespace stave
