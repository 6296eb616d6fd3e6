#include <gtest/gtest.h>
#include <kj/exception.h>
#include <stave/os/file.h>
#include <stave/os/netns.h>
#include <sys/stat.h>

namespace stave::os {
namespace {

ino_t inode(int descriptor) {
  struct stat status {};
  fstat(descriptor, &status);
  return status.st_ino;
}

TEST(NetworkNamespace, IsNewEachTimeAndLeavesTheCallerWhereItWas) {
  auto before = inode(currentNetworkNamespace().get());
  auto first = makeNetworkNamespace(), second = makeNetworkNamespace();
  EXPECT_NE(inode(first.get()), inode(second.get()));
  EXPECT_NE(inode(first.get()), before);
  EXPECT_EQ(inode(currentNetworkNamespace().get()), before);
}

TEST(NetworkNamespace, RunsWorkInsideAndComesBackAlsoAfterAnException) {
  auto before = inode(currentNetworkNamespace().get());
  auto other = makeNetworkNamespace();
  ino_t seen = 0;
  inNetworkNamespace(other.get(), [&] { seen = inode(currentNetworkNamespace().get()); });
  EXPECT_EQ(seen, inode(other.get()));
  EXPECT_THROW(inNetworkNamespace(other.get(), [] { throw std::runtime_error("x"); }),
               std::runtime_error);
  EXPECT_EQ(inode(currentNetworkNamespace().get()), before);
}

TEST(NetworkNamespace, RefusesOtherDescriptors) {
  auto wrong = open("/dev/null", 0);
  EXPECT_THROW(inNetworkNamespace(wrong.get(), [] { FAIL(); }), kj::Exception);
}

}  // namespace
}  // namespace stave::os
