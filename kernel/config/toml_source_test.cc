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

TEST_F(TomlSourceTest, WhatTheParserMustNotSeeIsRefused) {
  EXPECT_THROW(parseToml(std::string_view("[\0]\n", 4), "x"), kj::Exception);
  EXPECT_THROW(parseToml("gr\u00f6\u00dfe = 1\n", "x"), kj::Exception);
}

TEST_F(TomlSourceTest, AMalformedDateEndsNothingAndHasItsLine) {
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([]() {
                 parseToml("a = 1\nb = 1979-05-23T:3072:00Z\nc = 2\n", "x");
               })) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::INVALID);
    EXPECT_EQ(textOf(*exception).find("x:2:"), 0u) << textOf(*exception);
  } else {
    ADD_FAILURE() << "taken";
  }
}

TEST_F(TomlSourceTest, NumbersAreNumbers) {
  for (auto* number : {"inf", "-inf", "nan"}) {
    EXPECT_THROW(parseToml(std::string("a = ") + number + "\n", "x"), kj::Exception);
  }
}

}  // namespace
}  // namespace stave::config
