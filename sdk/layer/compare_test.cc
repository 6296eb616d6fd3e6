#include "stave/layer/change.h"
#include "test_tree.h"

namespace stave::layer {
namespace {

using CompareTest = TestTree;

std::string textOf(const std::vector<Change>& changes) {
  std::string text;
  for (auto& change : changes)
    text += std::string(1, "CAD"[change.kind]) + " " + change.path + "\n";
  return text;
}

TEST(ChangeTest, DirectoriesComeBeforeTheirContent) {
  std::vector<Change> changes{{"a-b", Change::added}, {"a/b", Change::added}, {"a", Change::added}};
  sortChanges(changes);
  EXPECT_EQ(textOf(changes), "A a\nA a/b\nA a-b\n");
}

TEST_F(CompareTest, CopyIsEqualAndChangesAreFound) {
  auto before = path_ + "/before";
  auto after = path_ + "/after";
  os::makeDirectories(before + "/d");
  os::makeDirectories(after);
  os::replaceFile(before + "/d/same", "x");
  os::replaceFile(before + "/gone", "x");
  os::replaceFile(before + "/longer", "x");
  copyTree(directoryOf(before), directoryOf(after));
  EXPECT_EQ(textOf(compareTrees(directoryOf(before), directoryOf(after))), "");
  os::removeFile(after + "/gone");
  os::replaceFile(after + "/longer", "xx");
  os::makeDirectories(after + "/new/deep");
  EXPECT_EQ(textOf(compareTrees(directoryOf(before), directoryOf(after))),
            "D gone\nC longer\nA new\nA new/deep\n");
}

TEST_F(CompareTest, HolesAndAttributesAreCopied) {
  auto from = path_ + "/from";
  auto to = path_ + "/to";
  os::makeDirectories(from);
  os::makeDirectories(to);
  auto root = os::open(from, O_RDONLY | O_DIRECTORY);
  auto file = os::open(from + "/sparse", O_WRONLY | O_CREAT);
  os::setAttribute(file, "user.a", "b");
  lseek(file, 10 << 20, SEEK_SET);
  os::writeAll(file, "end", 3);
  copyTree(root, directoryOf(to));
  auto copied = os::statOf(os::open(to + "/sparse", O_RDONLY));
  EXPECT_EQ(copied.st_size, (10 << 20) + 3);
  EXPECT_LT(copied.st_blocks * 512, 1 << 20);
  EXPECT_EQ(os::attributesAt(directoryOf(to), "sparse"), (os::Attributes{{"user.a", "b"}}));
}

}  // namespace
}  // namespace stave::layer
