#include "stave/os/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <kj/debug.h>
#include <kj/function.h>
#include <stdlib.h>
#include <unistd.h>

#include "stave/error.h"

namespace stave::os {
namespace {

class FileTest : public testing::Test {
 protected:
  FileTest() {
    char name[] = "/tmp/stave-file-test-XXXXXX";
    directory = mkdtemp(name);
  }
  ~FileTest() { removeTree(directory); }

  std::string directory;
};

ErrorCode codeOfFailure(kj::Function<void()> function) {
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { function(); })) {
    return codeOf(*exception);
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::INTERNAL;
}

TEST_F(FileTest, ReplaceIsAtomicAndReadable) {
  auto path = directory + "/state";
  replaceFile(path, "one");
  replaceFile(path, "two", 0600, true);
  EXPECT_EQ(readFile(path), "two");
  EXPECT_EQ(listDirectory(directory), std::vector<std::string>{"state"});
}

TEST_F(FileTest, MissingFileNamesThePath) {
  EXPECT_EQ(codeOfFailure([&]() { readFile(directory + "/none"); }), ErrorCode::NOT_FOUND);
  EXPECT_EQ(codeOfFailure([&]() { replaceFile(directory + "/no/file", "x"); }),
            ErrorCode::NOT_FOUND);
}

TEST_F(FileTest, DirectoriesAreMadeOnce) {
  makeDirectories(directory + "/a/b/c");
  makeDirectories(directory + "/a/b/c");
  EXPECT_TRUE(exists(directory + "/a/b/c"));
  replaceFile(directory + "/file", "");
  EXPECT_THROW(makeDirectories(directory + "/file/below"), kj::Exception);
  EXPECT_THROW(makeDirectories(directory + "/file"), kj::Exception);
}

TEST_F(FileTest, RemoveTreeDoesNotFollowLinks) {
  makeDirectories(directory + "/kept");
  replaceFile(directory + "/kept/file", "x");
  makeDirectories(directory + "/gone/deep");
  ASSERT_EQ(symlink("../kept", (directory + "/gone/link").c_str()), 0);
  removeTree(directory + "/gone");
  removeTree(directory + "/gone");
  EXPECT_FALSE(exists(directory + "/gone"));
  EXPECT_EQ(readFile(directory + "/kept/file"), "x");
}

TEST_F(FileTest, UsageCountsHardLinksOnce) {
  auto before = diskUsage(directory);
  replaceFile(directory + "/data", std::string(1 << 20, 'x'));
  sync();
  auto once = diskUsage(directory) - before;
  ASSERT_EQ(link((directory + "/data").c_str(), (directory + "/again").c_str()), 0);
  EXPECT_EQ(diskUsage(directory) - before, once);
  EXPECT_GE(once, 1u << 20);
}

TEST_F(FileTest, RemovingWhatIsNotThere) {
  EXPECT_FALSE(removeFile(directory + "/none"));
  replaceFile(directory + "/some", "");
  EXPECT_TRUE(removeFile(directory + "/some"));
}

TEST_F(FileTest, DescriptorsCloseOnExec) {
  auto fd = open(directory + "/file", O_RDWR | O_CREAT);
  EXPECT_EQ(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  auto copy = duplicate(fd);
  EXPECT_EQ(fcntl(copy, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

}  // namespace
}  // namespace stave::os
