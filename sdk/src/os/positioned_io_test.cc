#include <fcntl.h>
#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/os/file.h>
#include <stave/os/positioned_io.h>
#include <stdlib.h>

namespace stave::os {
namespace {

class PositionedIo : public ::testing::Test {
 protected:
  PositionedIo() {
    char pattern[] = "/tmp/stave-positioned-XXXXXX";
    directory_ = ::mkdtemp(pattern);
    file_ = open(directory_ + "/file", O_RDWR | O_CREAT);
  }
  ~PositionedIo() noexcept override { removeTree(directory_); }

  std::string directory_;
  Fd file_;
};

TEST_F(PositionedIo, WritesAndReadsAtOffsets) {
  writeAllAt(file_.get(), "world", 5, 6);
  writeAllAt(file_.get(), "hello ", 6, 0);
  char bytes[16] = {};
  EXPECT_EQ(readAt(file_.get(), bytes, sizeof bytes, 0), 11u);
  EXPECT_STREQ(bytes, "hello world");
  EXPECT_EQ(readAt(file_.get(), bytes, sizeof bytes, 11), 0u);
  EXPECT_EQ(fileSize(file_.get()), 11u);
}

TEST_F(PositionedIo, Truncates) {
  writeAllAt(file_.get(), "hello", 5, 0);
  truncate(file_.get(), 2);
  EXPECT_EQ(fileSize(file_.get()), 2u);
  syncData(file_.get());
  syncDirectory(directory_);
}

TEST_F(PositionedIo, FindsRegularFilesOnly) {
  writeAllAt(file_.get(), "hello", 5, 0);
  auto found = findFile(directory_ + "/file");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->size, 5u);
  EXPECT_GT(found->modified, 1'600'000'000ll * 1'000'000'000ll);
  EXPECT_FALSE(findFile(directory_ + "/none"));
  EXPECT_FALSE(findFile(directory_));
}

TEST_F(PositionedIo, ErrorsNameTheCallAndItsArguments) {
  char byte;
  try {
    readAt(-1, &byte, 1, 7);
    FAIL() << "reading descriptor -1 must fail";
  } catch (const kj::Exception& exception) {
    EXPECT_NE(textOf(exception).find("pread(fd -1, offset 7)"), std::string::npos)
        << textOf(exception);
  }
}

TEST_F(PositionedIo, LockLivesWithTheOpenFileDescription) {
  ASSERT_TRUE(tryLock(file_.get()));
  Fd other = open(directory_ + "/file", O_RDWR);
  EXPECT_FALSE(tryLock(other.get()));
  Fd copy = duplicate(file_.get());
  file_ = nullptr;
  EXPECT_FALSE(tryLock(other.get())) << "the duplicate still holds it";
  copy = nullptr;
  EXPECT_TRUE(tryLock(other.get()));
}

}  // namespace
}  // namespace stave::os
