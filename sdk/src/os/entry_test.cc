#include "stave/os/entry.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <kj/debug.h>
#include <stdlib.h>
#include <unistd.h>

#include "stave/error.h"
#include "stave/os/clone.h"

namespace stave::os {
namespace {

class EntryTest : public testing::Test {
 protected:
  EntryTest() {
    char pattern[] = "/tmp/stave-entry-XXXXXX";
    path_ = mkdtemp(pattern);
    makeDirectories(path_ + "/root/inside");
    replaceFile(path_ + "/outside", "secret");
  }
  ~EntryTest() override { removeTree(path_); }

  Fd root() { return open(path_ + "/root", O_PATH | O_DIRECTORY); }

  std::string path_;
};

TEST_F(EntryTest, NothingLeadsOutOfTheRoot) {
  auto directory = root();
  makeSymlinkAt("/inside", directory, "absolute");
  makeSymlinkAt("../../../../inside", directory, "climbing");
  makeSymlinkAt("../outside", directory, "escaping");
  auto inside = KJ_ASSERT_NONNULL(statAt(directory, "inside")).st_ino;
  for (auto* name : {"absolute", "climbing", "../inside", "/inside"}) {
    auto opened = openInRoot(directory, name, O_PATH | O_DIRECTORY);
    ASSERT_TRUE(opened != nullptr) << name;
    KJ_IF_MAYBE (fd, opened) {
      EXPECT_EQ(statOf(*fd).st_ino, inside) << name;
    }
  }
  EXPECT_TRUE(openInRoot(directory, "escaping", O_RDONLY) == nullptr);
  EXPECT_TRUE(openInRoot(directory, "../outside", O_RDONLY) == nullptr);
}

TEST_F(EntryTest, CirclesAndFilesOnTheWayAreInvalid) {
  auto directory = root();
  makeSymlinkAt("circle", directory, "circle");
  replaceFile(path_ + "/root/file", "");
  for (auto* name : {"circle", "file/below"}) {
    auto exception = kj::runCatchingExceptions([&]() { openInRoot(directory, name, O_PATH); });
    ASSERT_TRUE(exception != nullptr) << name;
    KJ_IF_MAYBE (thrown, exception) {
      EXPECT_EQ(codeOf(*thrown), ErrorCode::INVALID) << name;
    }
  }
}

TEST_F(EntryTest, WhatExistsIsNotCreated) {
  auto directory = root();
  EXPECT_TRUE(createFileAt(directory, "new", 0600) != nullptr);
  EXPECT_TRUE(createFileAt(directory, "new", 0600) == nullptr);
  EXPECT_TRUE(makeDirectoryAt(directory, "d", 0700));
  EXPECT_FALSE(makeDirectoryAt(directory, "d", 0700));
  EXPECT_EQ(namesIn(directory), (std::vector<std::string>{"d", "inside", "new"}));
}

TEST_F(EntryTest, RemovingALinkKeepsItsTarget) {
  auto directory = root();
  makeSymlinkAt("../outside", directory, "link");
  removeAt(directory, "link");
  makeDirectories(path_ + "/root/deep/er");
  removeAt(directory, "deep");
  removeAt(directory, "nothing");
  EXPECT_EQ(readFile(path_ + "/outside"), "secret");
  EXPECT_EQ(namesIn(directory), std::vector<std::string>{"inside"});
}

TEST_F(EntryTest, AttributesOfFilesAndLinks) {
  auto directory = root();
  makeSymlinkAt("nowhere", directory, "link");
  std::string large(3000, 'x');
  EXPECT_TRUE(setAttributeAt(directory, "inside", "user.large", large));
  EXPECT_TRUE(setAttributeAt(directory, "inside", "user.empty", ""));
  EXPECT_TRUE(setAttributeAt(directory, "link", "trusted.note", "on the link"));
  EXPECT_EQ(attributesAt(directory, "inside"),
            (Attributes{{"user.empty", ""}, {"user.large", large}}));
  EXPECT_EQ(attributesAt(directory, "link"), (Attributes{{"trusted.note", "on the link"}}));
  removeAttributeAt(directory, "inside", "user.large");
  removeAttributeAt(directory, "inside", "user.large");
  EXPECT_EQ(attributesAt(directory, "inside"), (Attributes{{"user.empty", ""}}));
}

TEST_F(EntryTest, ClonedContentKeepsHoles) {
  auto from = open(path_ + "/from", O_RDWR | O_CREAT);
  auto to = open(path_ + "/to", O_RDWR | O_CREAT);
  lseek(from, 5 << 20, SEEK_SET);
  writeAll(from, "data", 4);
  lseek(from, 8 << 20, SEEK_SET);
  writeAll(from, "end", 3);
  cloneContent(from, to);
  EXPECT_EQ(readFile(path_ + "/to"), readFile(path_ + "/from"));
  EXPECT_LT(statOf(to).st_blocks * 512, 1 << 20);
}

}  // namespace
}  // namespace stave::os
