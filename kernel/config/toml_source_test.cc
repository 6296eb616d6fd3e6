#include "kernel/config/toml_source.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>

#include "stave/error.h"
#include "stave/os/file.h"

namespace stave::config {
namespace {

class TomlSourceTest : public testing::Test {
 protected:
  TomlSourceTest() {
    char name[] = "/tmp/stave-toml-test-XXXXXX";
    directory = mkdtemp(name);
  }
  ~TomlSourceTest() noexcept override { os::removeTree(directory); }

  std::string write(const std::string& name, const std::string& text) {
    auto path = directory + "/" + name;
    os::replaceFile(path, text);
    return path;
  }

  static const Value& find(const Source& source, const std::string& key) {
    auto found = std::find_if(source.values.begin(), source.values.end(),
                              [&](auto& value) { return value.dottedKey() == key; });
    if (found == source.values.end()) throw std::runtime_error("no " + key);
    return *found;
  }

  std::string directory;
};

TEST_F(TomlSourceTest, OwnValuesWinOverIncludedOnes) {
  write("base.toml", "[a]\nx = 1\ny = [1, 2]\n");
  auto source = readToml(write("own.toml", "include = [\"base.toml\"]\n[a]\ny = [3]\n"));
  EXPECT_EQ(find(source, "a.x").json, "1");
  EXPECT_EQ(find(source, "a.x").file, directory + "/base.toml");
  EXPECT_EQ(find(source, "a.y").json, "[3]");
  EXPECT_EQ(find(source, "a.y").line, 3u);
  EXPECT_EQ(source.files,
            (std::vector<std::string>{directory + "/base.toml", directory + "/own.toml"}));
}

TEST_F(TomlSourceTest, CirclesOfIncludesAreRefused) {
  write("a.toml", "include = \"b.toml\"\n");
  write("b.toml", "include = \"a.toml\"\n");
  EXPECT_THROW(readToml(directory + "/a.toml"), kj::Exception);
}

TEST_F(TomlSourceTest, MissingFilesAreNamed) {
  auto path = write("a.toml", "include = [\"none.toml\"]\n");
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { readToml(path); })) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::NOT_FOUND);
    EXPECT_NE(textOf(*exception).find("none.toml"), std::string::npos);
  } else {
    ADD_FAILURE() << "a missing include was accepted";
  }
}

TEST_F(TomlSourceTest, IncludeMustBeNames) {
  EXPECT_THROW(parseToml("include = 5\n", "x"), kj::Exception);
  EXPECT_THROW(parseToml("include = [5]\n", "x"), kj::Exception);
}

TEST_F(TomlSourceTest, TypesBecomeJson) {
  auto source = parseToml("a = \"t\"\nb = true\nc = 1.5\nd = [{ e = 1 }]\n", "x");
  EXPECT_EQ(find(source, "a").json, "\"t\"");
  EXPECT_EQ(find(source, "b").json, "true");
  EXPECT_EQ(find(source, "c").json, "1.5");
  EXPECT_EQ(find(source, "d").json, "[{\"e\":1}]");
  EXPECT_THROW(parseToml("a = 2024-01-01\n", "x"), kj::Exception);
}

TEST_F(TomlSourceTest, WhatTheParserMustNotSeeIsRefusedWithItsLine) {
  using namespace std::string_literals;
  for (auto& text : {"a = 1\n[\0]\n"s, "a = 1\n\x1b[b]\n"s, "a = 1\nb = 2 # \x7f\n"s}) {
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { parseToml(text, "x"); })) {
      EXPECT_EQ(codeOf(*exception), ErrorCode::INVALID);
      EXPECT_EQ(textOf(*exception).find("x:2: the control character"), 0u);
    } else {
      ADD_FAILURE() << "taken: " << text;
    }
  }
  EXPECT_EQ(parseToml("a\t= 1\r\n", "x").values.size(), 1u);
}

TEST_F(TomlSourceTest, NumbersAreNumbers) {
  for (auto* number : {"inf", "-inf", "nan"}) {
    EXPECT_THROW(parseToml(std::string("a = ") + number + "\n", "x"), kj::Exception);
  }
}

}  // namespace
}  // namespace stave::config
