#include "stave/directory_set.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "stave/error.h"
#include "stave/os/file.h"

namespace stave {
namespace {

using Names = std::vector<std::string>;

std::string temporaryDirectory() {
  char pattern[] = "/tmp/stave-directory-set-XXXXXX";
  return mkdtemp(pattern);
}

struct DirectorySetTest : ::testing::Test {
  ~DirectorySetTest() noexcept override { os::removeTree(path); }

  void write(const std::string& file) { os::replaceFile(set.pathOf("a") + "/" + file, "x"); }

  template <typename Action>
  ErrorCode failureOf(Action action) {
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions(action)) return codeOf(*exception);
    ADD_FAILURE() << "it worked";
    return ErrorCode::INTERNAL;
  }

  std::string path = temporaryDirectory();
  DirectorySet set{"volume", path};
};

TEST_F(DirectorySetTest, AddsOnceAndListsSorted) {
  set.add("b");
  EXPECT_TRUE(set.add("a"));
  write("file");
  EXPECT_FALSE(set.add("a"));
  EXPECT_EQ(set.names(), (Names{"a", "b"}));
  EXPECT_TRUE(os::exists(set.pathOf("a") + "/file"));
}

TEST_F(DirectorySetTest, StandsInAFolderNamedAfterWhatTheyAre) {
  set.add("a");
  EXPECT_EQ(set.pathOf("a"), path + "/volumes/a");
  EXPECT_EQ(os::listDirectory(path), (Names{"staging", "volumes"}));
}

TEST_F(DirectorySetTest, IsFilledBeforeItIsSeen) {
  set.add("a", [&](const std::string& directory) {
    os::replaceFile(directory + "/record", "x");
    EXPECT_TRUE(set.names().empty());
  });
  EXPECT_EQ(os::readFile(set.pathOf("a") + "/record"), "x");
  auto attempt = [&]() {
    set.add("b", [](const std::string& directory) {
      os::replaceFile(directory + "/record", "x");
      fail(ErrorCode::EXHAUSTED, "the disk is full");
    });
  };
  EXPECT_EQ(failureOf(attempt), ErrorCode::EXHAUSTED);
  EXPECT_EQ(set.names(), Names{"a"});
  EXPECT_TRUE(os::listDirectory(path + "/staging").empty());
}

TEST_F(DirectorySetTest, AnotherSetFindsWhatThereIs) {
  set.add("a");
  write("file");
  DirectorySet again("volume", path);
  EXPECT_EQ(again.names(), Names{"a"});
  EXPECT_FALSE(again.untouched("a"));
}

TEST_F(DirectorySetTest, WhatACrashLeftIsRemoved) {
  os::makeDirectories(path + "/staging/7/deep");
  DirectorySet again("volume", path);
  EXPECT_TRUE(os::listDirectory(path + "/staging").empty());
  EXPECT_TRUE(again.names().empty());
}

TEST_F(DirectorySetTest, OnceTouchedIsTouchedForEver) {
  set.add("a");
  EXPECT_TRUE(set.untouched("a"));
  write("file");
  EXPECT_FALSE(set.untouched("a"));
  os::removeFile(set.pathOf("a") + "/file");
  EXPECT_FALSE(set.untouched("a"));
  set.remove("a");
  set.add("a");
  EXPECT_TRUE(set.untouched("a"));
}

TEST_F(DirectorySetTest, RemovesWithAllBelow) {
  set.add("a");
  os::makeDirectories(set.pathOf("a") + "/deep/er");
  set.remove("a");
  set.remove("a");
  EXPECT_TRUE(set.names().empty());
  EXPECT_TRUE(os::listDirectory(path + "/staging").empty());
}

TEST_F(DirectorySetTest, WhatIsInUseStays) {
  set.add("a");
  auto first = set.use("a");
  auto second = set.use("a");
  first = nullptr;
  EXPECT_TRUE(set.inUse("a"));
  EXPECT_FALSE(set.inUse("b"));
  EXPECT_EQ(failureOf([&]() { set.remove("a"); }), ErrorCode::CONFLICT);
  EXPECT_EQ(set.names(), Names{"a"});
  second = nullptr;
  set.remove("a");
  EXPECT_TRUE(set.names().empty());
}

TEST_F(DirectorySetTest, BadAndUnknownNames) {
  EXPECT_EQ(failureOf([&]() { set.add("../a"); }), ErrorCode::INVALID);
  EXPECT_EQ(failureOf([&]() { set.pathOf("a"); }), ErrorCode::NOT_FOUND);
  EXPECT_EQ(failureOf([&]() { set.untouched("a"); }), ErrorCode::NOT_FOUND);
  EXPECT_EQ(failureOf([&]() { set.use("a"); }), ErrorCode::NOT_FOUND);
  EXPECT_EQ(failureOf([]() { DirectorySet("volume", "here"); }), ErrorCode::INVALID);
}

}  // namespace
}  // namespace stave
