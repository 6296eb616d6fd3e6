#include "challenge.h"

#include <gtest/gtest.h>

namespace stave::oci {
namespace {

TEST(Challenge, BearerWithQuotedStrings) {
  auto challenges = parseChallenges(
      R"(Bearer realm="https://auth.example/token?x=1,2",service="a \"quoted\" one",scope=pull)");
  ASSERT_EQ(challenges.size(), 1u);
  EXPECT_EQ(challenges[0].scheme, "bearer");
  EXPECT_EQ(challenges[0].parameter("realm"), "https://auth.example/token?x=1,2");
  EXPECT_EQ(challenges[0].parameter("service"), "a \"quoted\" one");
  EXPECT_EQ(challenges[0].parameter("scope"), "pull");
  EXPECT_EQ(challenges[0].parameter("none"), "");
}

TEST(Challenge, SeveralInOneHeader) {
  auto challenges =
      parseChallenges(R"(Negotiate, NTLM abc==, Basic realm="x", Bearer REALM = "y")");
  ASSERT_EQ(challenges.size(), 4u);
  EXPECT_EQ(challenges[0].scheme, "negotiate");
  EXPECT_EQ(challenges[1].token, "abc==");
  EXPECT_EQ(challenges[2].parameter("realm"), "x");
  EXPECT_EQ(challenges[3].parameter("realm"), "y");
}

TEST(Challenge, GarbageEndsTheList) {
  EXPECT_TRUE(parseChallenges("").empty());
  EXPECT_TRUE(parseChallenges(" , ,").empty());
  EXPECT_TRUE(parseChallenges("\"Basic\"").empty());
  EXPECT_EQ(parseChallenges("Basic realm=\"open").size(), 1u);
  EXPECT_EQ(parseChallenges("Basic realm=\"open")[0].parameter("realm"), "");
  EXPECT_EQ(parseChallenges("Bearer realm=\"a\"; service=\"b\"").size(), 1u);
}

}  // namespace
}  // namespace stave::oci
