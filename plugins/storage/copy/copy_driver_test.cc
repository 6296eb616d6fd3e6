#include "copy_driver.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <memory>

#include "stave/os/entry.h"

namespace stave::copy {
namespace {

std::string temporaryDirectory() {
  char pattern[] = "/tmp/stave-copy-XXXXXX";
  return mkdtemp(pattern);
}

class CopyDriverTest : public testing::Test {
 protected:
  CopyDriverTest() {
    for (auto* place : {&layer_, &snapshot_}) os::makeDirectories(place->path);
    driver_->makeLayer(layer_, {});
    os::replaceFile(layer_.content() + "/a", "content");
    auto root = os::open(layer_.content(), O_RDONLY | O_DIRECTORY);
    os::makeLinkAt(root, "a", root, "b");
    os::makeSymlinkAt("a", root, "link");
  }
  ~CopyDriverTest() override { os::removeTree(state_); }

  std::string state_ = temporaryDirectory();
  layer::Place layer_{state_ + "/layer"};
  layer::Place snapshot_{state_ + "/snapshot"};
  std::unique_ptr<CopyDriver> driver_ = std::make_unique<CopyDriver>();
};

TEST_F(CopyDriverTest, SnapshotIsIndependentOfItsLayer) {
  driver_->makeSnapshot(snapshot_, {{layer_, true}});
  os::replaceFile(snapshot_.content() + "/a", "changed");
  EXPECT_EQ(os::readFile(layer_.content() + "/a"), "content");
  EXPECT_EQ(os::readFile(snapshot_.content() + "/b"), "content");
}

TEST_F(CopyDriverTest, UnchangedSnapshotHasNoChanges) {
  driver_->makeSnapshot(snapshot_, {{layer_, true}});
  EXPECT_TRUE(driver_->changes(snapshot_, {{layer_, true}}).empty());
}

TEST_F(CopyDriverTest, HardLinksStayLinks) {
  driver_->makeSnapshot(snapshot_, {{layer_, true}});
  auto root = os::open(snapshot_.content(), O_RDONLY | O_DIRECTORY);
  auto found = os::statAt(root, "b");
  ASSERT_TRUE(found != nullptr);
  KJ_IF_MAYBE (info, found) {
    EXPECT_EQ(info->st_nlink, 2u);
  }
}

}  // namespace
}  // namespace stave::copy
