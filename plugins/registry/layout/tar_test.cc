#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/testing/temp_directory.h>

#include <cstdlib>

#include "tar_writer.h"

namespace stave::layout {
namespace {

class TarFiles : public ::testing::Test {
 protected:
  void run(const std::string& command) {
    ASSERT_EQ(std::system(("cd " + directory_.path() + " && " + command).c_str()), 0) << command;
  }
  std::string path() { return directory_ / "x.tar"; }

  testing::TempDirectory directory_{"tar"};
};

TEST_F(TarFiles, AreWrittenAndRead) {
  {
    TarWriter writer(path());
    writer.add("a/b", "hello");
    writer.add("empty", "");
    EXPECT_FALSE(os::exists(path())) << "not before it is finished";
    writer.finish();
  }
  auto files = openTar(path());
  EXPECT_EQ(files->names(), (std::vector<std::string>{"a/b", "empty"}));
  EXPECT_EQ(files->text("a/b"), "hello");
  EXPECT_EQ(files->find("empty"), 0u);
  EXPECT_EQ(files->find("none"), std::nullopt);
  EXPECT_THROW(files->text("none"), kj::Exception);
  EXPECT_THROW(files->text("a/b", 4), kj::Exception);
  run("tar tf x.tar > listing && grep -q a/b listing");
}

TEST_F(TarFiles, UnfinishedOneLeavesNothing) {
  {
    TarWriter writer(path());
    writer.add("a", "hello");
    EXPECT_THROW(writer.add("b", 3, [](const ByteSink& sink) { sink("toolong", 7); }),
                 kj::Exception);
  }
  EXPECT_TRUE(os::listDirectory(directory_.path()).empty());
}

TEST_F(TarFiles, LinksAndDotsAreFollowed) {
  run("mkdir -p d/one d/two && echo -n hello > d/one/layer.tar && ln -s ../one/layer.tar "
      "d/two/layer.tar && ln d/one/layer.tar d/three && ln -s loop d/loop && tar cf x.tar -C d .");
  auto files = openTar(path());
  EXPECT_EQ(files->text("one/layer.tar"), "hello");
  EXPECT_EQ(files->text("./two/layer.tar"), "hello");
  EXPECT_EQ(files->text("three"), "hello");
  EXPECT_EQ(files->find("loop"), std::nullopt);
}

TEST_F(TarFiles, CompressedOnesAreReadToo) {
  run("echo -n hello > file && tar czf x.tar file");
  EXPECT_EQ(openTar(path())->text("file"), "hello");
}

TEST_F(TarFiles, WhatIsNoTarIsRefused) {
  os::replaceFile(path(), std::string(5000, 'x'));
  try {
    openTar(path());
    FAIL() << "taken";
  } catch (const kj::Exception& exception) {
    EXPECT_EQ(codeOf(exception), ErrorCode::INVALID) << textOf(exception);
  }
  EXPECT_THROW(openTar(directory_ / "none"), kj::Exception);
}

TEST_F(TarFiles, TruncatedOneIsRefused) {
  run("head -c 300000 /dev/urandom > file && tar cf whole.tar file && head -c 200000 whole.tar > "
      "x.tar");
  EXPECT_THROW(openTar(path())->text("file"), kj::Exception);
}

}  // namespace
}  // namespace stave::layout
