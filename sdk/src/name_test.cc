#include "stave/name.h"

#include <gtest/gtest.h>

#include "stave/error.h"

namespace stave {
namespace {

TEST(NameTest, GoodNamesComeBackAsTheyAre) {
  for (auto* name : {"a", "A1", "9", "a.b_c-d", "x..", "web-data.2024"}) {
    EXPECT_EQ(fileName("a volume", name), name);
  }
  EXPECT_EQ(fileName("a volume", std::string(200, 'a')).size(), 200u);
}

TEST(NameTest, WhatIsNoFileNameIsRefused) {
  auto refused = {"", ".", "..", "../up", "a/b", "-rf", "_a", "a b", "a\n", "\xc3\xa4"};
  for (std::string name : refused) {
    EXPECT_THROW(fileName("a volume", name), kj::Exception) << name;
  }
  EXPECT_THROW(fileName("a volume", std::string(201, 'a')), kj::Exception);
  EXPECT_THROW(fileName("a volume", std::string_view("a\0b", 3)), kj::Exception);
}

TEST(NameTest, TheErrorSaysWhatAndWhy) {
  try {
    fileName("a volume", "a/b");
    FAIL() << "taken";
  } catch (const kj::Exception& exception) {
    EXPECT_EQ(codeOf(exception), ErrorCode::INVALID);
    EXPECT_NE(textOf(exception).find("\"a/b\" is no name for a volume"), std::string::npos);
  }
}

}  // namespace
}  // namespace stave
