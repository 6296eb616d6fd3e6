#include "stave/layer/rooted_writer.h"

#include "stave/error.h"
#include "test_tree.h"

namespace stave::layer {
namespace {

using RootedWriterTest = TestTree;

TEST(PathTest, NamesAreCleaned) {
  EXPECT_EQ(cleanPath("./usr//lib/../bin/"), "usr/bin");
  EXPECT_EQ(cleanPath("/"), "");
  EXPECT_EQ(cleanPath("...dots"), "...dots");
  for (auto* wrong : {"..", "a/../..", "/../x"}) EXPECT_ANY_THROW(cleanPath(wrong)) << wrong;
  EXPECT_ANY_THROW(cleanPath(std::string("a\0b", 3)));
  EXPECT_ANY_THROW(cleanPath(std::string(256, 'x')));
  EXPECT_ANY_THROW(cleanPath("a/" + std::string(5000, '/')));
  EXPECT_EQ(parentOf("a/b/c"), "a/b");
  EXPECT_EQ(parentOf("a"), "");
  EXPECT_EQ(lastName("a/b"), "b");
}

TEST_F(RootedWriterTest, ManyDirectoriesOutliveTheCache) {
  RootedWriter writer(directoryOf(path_), Whiteouts::apply);
  std::vector<Entry> entries;
  for (int i = 0; i < 300; i++) entries.push_back(entryOf(std::to_string(i) + "/a/b/file"));
  applyTo(path_, tarOf(entries), writer);
  EXPECT_EQ(os::readFile(path_ + "/299/a/b/file"), "299/a/b/file");
  EXPECT_EQ(writer.impliedDirectories().size(), 900u);
}

TEST_F(RootedWriterTest, ReplacedDirectoryIsForgotten) {
  RootedWriter writer(directoryOf(path_), Whiteouts::apply);
  applyTo(
      path_,
      tarOf({entryOf("a", EntryType::directory), entryOf("a/x"), entryOf("b", EntryType::directory),
             entryOf("a", EntryType::symlink, "b"), entryOf("a/y")}),
      writer);
  EXPECT_EQ(os::readFile(path_ + "/b/y"), "a/y");
  EXPECT_FALSE(os::exists(path_ + "/b/x"));
}

TEST_F(RootedWriterTest, LinkThatLeadsNowhereIsRefused) {
  RootedWriter writer(directoryOf(path_), Whiteouts::apply);
  auto tar = tarOf({entryOf("run", EntryType::symlink, "/elsewhere"), entryOf("run/file")});
  auto exception = kj::runCatchingExceptions([&]() { applyTo(path_, tar, writer); });
  ASSERT_TRUE(exception != nullptr);
  KJ_IF_MAYBE (thrown, exception) {
    EXPECT_EQ(codeOf(*thrown), ErrorCode::INVALID);
    EXPECT_NE(textOf(*thrown).find("run/file"), std::string::npos);
  }
}

TEST_F(RootedWriterTest, WhiteoutsForOverlayAreMarks) {
  RootedWriter writer(directoryOf(path_), Whiteouts::overlay);
  applyTo(path_, tarOf({entryOf("d/.wh.gone"), entryOf("o/.wh..wh..opq"), entryOf(".wh..wh..opq")}),
          writer);
  auto root = directoryOf(path_ + "/d");
  auto mark = os::statAt(root, "gone");
  ASSERT_TRUE(mark != nullptr);
  KJ_IF_MAYBE (info, mark) {
    EXPECT_TRUE(S_ISCHR(info->st_mode));
    EXPECT_EQ(info->st_rdev, 0u);
  }
  EXPECT_EQ(os::attributesAt(directoryOf(path_), "o"),
            (os::Attributes{{"trusted.overlay.opaque", "y"}}));
  EXPECT_TRUE(writer.rootOpaque());
}

TEST_F(RootedWriterTest, AppliedWhiteoutKeepsWhatTheLayerMade) {
  os::makeDirectories(path_ + "/d/old");
  RootedWriter writer(directoryOf(path_), Whiteouts::apply);
  applyTo(path_, tarOf({entryOf("d/new/file"), entryOf("d/.wh..wh..opq"), entryOf(".wh.nothing")}),
          writer);
  EXPECT_EQ(os::listDirectory(path_ + "/d"), std::vector<std::string>{"new"});
}

}  // namespace
}  // namespace stave::layer
