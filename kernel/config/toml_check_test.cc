#include "kernel/config/toml_check.h"

#include <gtest/gtest.h>

#include "stave/error.h"

namespace stave::config {
namespace {

using namespace std::string_literals;

std::string errorOf(const std::string& text) {
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { checkCharacters(text, "x"); })) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::INVALID);
    return textOf(*exception);
  }
  return "";
}

const std::string foreign = "x:2: characters outside ASCII stand in quotation marks or in comments";

TEST(TomlCheckTest, TextsAndCommentsMayHoldAnything) {
  for (auto& text :
       {"a = \"\u00e4\"\n"s, "a = '\u00e4'\n"s, "# \u00e4\na = 1 # \u00e4"s, "\"\u00e4\" = 1\n"s,
        "a = \"\\\"\u00e4\"\n"s, "a = \"\"\"\n\u00e4\n\"\u00e4\"\"\"\"\nb = 1"s,
        "a = '''\u00e4\n'\u00e4'''''\nb = 1"s, "a = \"\" # \u00e4\n"s, "a\t=\t1\r\n"s}) {
    EXPECT_EQ(errorOf(text), "") << text;
  }
}

TEST(TomlCheckTest, KeysAndBareValuesMayNot) {
  for (auto& text : {"a = 1\n\u00e4 = 2\n"s, "a = 1\n[\u00e4]\n"s, "a = 1\nb = \u00e4\n"s,
                     "a = \"\"\nb = 1\u00e4\n"s, "a = '#'\n\u00e4"s, "a = \"\\\\\"\n\u00e4"s}) {
    EXPECT_EQ(errorOf(text), foreign) << text;
  }
  EXPECT_EQ(errorOf("a = \"\"\"\n\"\"\"\u00e4"), foreign);
}

TEST(TomlCheckTest, ATextThatDoesNotEndHidesNothing) {
  EXPECT_EQ(errorOf("a = \"open\n\u00e4 = 1"), foreign);
  EXPECT_EQ(errorOf("a = \"\"\"open\n\u00e4"), "");
  EXPECT_EQ(errorOf("a = \"open\\"), "");
}

TEST(TomlCheckTest, ControlCharactersStandNowhere) {
  for (auto& text : {"a = 1\n[\0]\n"s, "a = 1\n# \x1b\n"s, "a = 1\nb = \"\x7f\"\n"s,
                     "a = '''\n\x01'''"s, "a = 1\nb = \"\\\x02\"\n"s}) {
    EXPECT_EQ(errorOf(text).find("x:2: the control character"), 0u) << text;
  }
}

}  // namespace
}  // namespace stave::config
