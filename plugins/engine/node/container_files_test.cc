#include "container_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/testing/temp_directory.h>
#include <unistd.h>

namespace stave::node {
namespace {

struct ContainerFiles : ::testing::Test {
  ~ContainerFiles() noexcept override {}
  stave::testing::TempDirectory from, to;
  os::Fd source = os::open(from.path(), O_RDONLY | O_DIRECTORY);
  os::Fd target = os::open(to.path(), O_RDONLY | O_DIRECTORY);

  os::Fd tarOf(const std::string& path, const std::string& base) {
    auto file = from.path() + ".tar";
    auto tar = os::open(file, O_RDWR | O_CREAT | O_TRUNC, 0600);
    os::removeFile(file);
    writeTree(source.get(), path, base,
              [&](std::string_view bytes) { os::writeAll(tar.get(), bytes.data(), bytes.size()); });
    return tar;
  }
};

TEST_F(ContainerFiles, CopiesATree) {
  os::makeDirectories(from / "etc/deep");
  os::replaceFile(from / "etc/deep/file", "content");
  EXPECT_EQ(symlink("/nowhere", (from / "etc/link").c_str()), 0);
  readTree(target.get(), "/", tarOf("/etc", "etc"), {});
  EXPECT_EQ(os::readFile(to / "etc/deep/file"), "content");
  char link[64] = {};
  EXPECT_EQ(readlink((to / "etc/link").c_str(), link, sizeof(link)), 8);
}

TEST_F(ContainerFiles, CopiesAWholeRoot) {
  os::replaceFile(from / "a", "1");
  readTree(target.get(), "/", tarOf("/", ""), {});
  EXPECT_EQ(os::readFile(to / "a"), "1");
}

TEST_F(ContainerFiles, DescribesALinkItself) {
  EXPECT_EQ(symlink("/etc/passwd", (from / "link").c_str()), 0);
  auto info = fileInfo(source.get(), "/link");
  EXPECT_EQ(info.name, "link");
  EXPECT_EQ(info.linkTarget, "/etc/passwd");
  EXPECT_TRUE(S_ISLNK(info.mode));
}

TEST_F(ContainerFiles, StaysInTheRoot) {
  EXPECT_EQ(symlink("/", (from / "up").c_str()), 0);
  os::replaceFile(from / "file", "mine");
  EXPECT_EQ(fileInfo(source.get(), "/up/file").size, 4u)
      << "the link leads to the container's root";
  EXPECT_THROW(fileInfo(source.get(), "/up/etc/passwd"), kj::Exception);
}

TEST_F(ContainerFiles, SaysWhatIsMissing) {
  try {
    fileInfo(source.get(), "/nope");
    FAIL();
  } catch (const kj::Exception& exception) {
    EXPECT_EQ(codeOf(exception), ErrorCode::NOT_FOUND);
  }
}

TEST_F(ContainerFiles, DoesNotReplaceADirectoryIfTold) {
  os::replaceFile(from / "thing", "file");
  os::makeDirectories(to / "thing");
  EXPECT_THROW(
      readTree(target.get(), "/", tarOf("/thing", "thing"), {.noOverwriteDirectory = true}),
      kj::Exception);
  EXPECT_TRUE(os::exists(to / "thing"));
}

}  // namespace
}  // namespace stave::node
