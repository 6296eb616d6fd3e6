#include <fcntl.h>
#include <gtest/gtest.h>
#include <kj/exception.h>
#include <stave/os/container_root.h>
#include <stdlib.h>
#include <unistd.h>

namespace stave::os {
namespace {

struct ContainerRoot : testing::Test {
  std::string path;
  Fd root;

  ContainerRoot() {
    char name[] = "/tmp/container-root-XXXXXX";
    path = mkdtemp(name);
    root = open(path, O_RDONLY | O_DIRECTORY);
  }
  ~ContainerRoot() noexcept override { removeTree(path); }
};

TEST_F(ContainerRoot, LinksStayInside) {
  replaceFile(path + "/file", "mine");
  ASSERT_EQ(symlink("/", (path + "/up").c_str()), 0);
  KJ_IF_MAYBE(file, openWithin(root.get(), "up/../../file", O_RDONLY)) {
    EXPECT_EQ(readAll(file->get()), "mine");
  } else {
    FAIL() << "not found";
  }
  EXPECT_EQ(openWithin(root.get(), "up/etc/passwd", O_RDONLY), nullptr);
}

TEST_F(ContainerRoot, SaysWhatIsWrong) {
  replaceFile(path + "/file", "");
  EXPECT_THROW(openWithin(root.get(), "file/below", O_RDONLY), kj::Exception);
  ASSERT_EQ(symlink("circle", (path + "/circle").c_str()), 0);
  EXPECT_THROW(openWithin(root.get(), "circle", O_RDONLY), kj::Exception);
}

TEST_F(ContainerRoot, EmptyIsTheRootItself) {
  EXPECT_NE(openWithin(root.get(), "", O_RDONLY | O_DIRECTORY), nullptr);
}

}  // namespace
}  // namespace stave::os
