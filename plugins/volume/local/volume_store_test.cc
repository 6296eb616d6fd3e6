#include "volume_store.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "stave/os/file.h"

namespace stave::local {
namespace {

class VolumeStoreTest : public testing::Test {
 protected:
  VolumeStoreTest() {
    char pattern[] = "/tmp/stave-volumes-XXXXXX";
    path_ = mkdtemp(pattern);
  }
  ~VolumeStoreTest() override { os::removeTree(path_); }

  std::string path_;
};

TEST_F(VolumeStoreTest, VolumesOutliveTheStore) {
  VolumeStore(path_).add({"one", 1'700'000'000'123'456'789, {{"type", "tmpfs"}}});
  auto volumes = VolumeStore(path_).load();
  ASSERT_EQ(volumes.size(), 1u);
  EXPECT_EQ(volumes[0].name, "one");
  EXPECT_EQ(volumes[0].created, 1'700'000'000'123'456'789);
  EXPECT_EQ(volumes[0].options, (OptionMap{{"type", "tmpfs"}}));
}

TEST_F(VolumeStoreTest, NeverHeldAnythingUntilSomethingWasThere) {
  VolumeStore store(path_);
  Volume volume{"one", 1'700'000'000'123'456'789, {}};
  store.add(volume);
  EXPECT_TRUE(store.neverHeldAnything(volume));
  os::replaceFile(store.dataPath("one") + "/file", "x");
  EXPECT_FALSE(store.neverHeldAnything(volume));
  os::removeFile(store.dataPath("one") + "/file");
  EXPECT_FALSE(store.neverHeldAnything(volume));
}

TEST_F(VolumeStoreTest, RemovedVolumesAndLeftoversGo) {
  VolumeStore store(path_);
  store.add({"one", 1, {}});
  store.remove("one");
  os::makeDirectories(path_ + "/staging/left");
  EXPECT_TRUE(VolumeStore(path_).load().empty());
  EXPECT_TRUE(os::listDirectory(path_ + "/staging").empty());
}

TEST_F(VolumeStoreTest, OneOfANameAtATime) {
  VolumeStore store(path_);
  store.add({"one", 1, {}});
  EXPECT_ANY_THROW(store.add({"one", 2, {}}));
  EXPECT_EQ(store.load()[0].created, 1);
}

TEST_F(VolumeStoreTest, WhatIsUsedIsNotRemoved) {
  VolumeStore store(path_);
  store.add({"one", 1, {}});
  auto user = store.use("one");
  EXPECT_TRUE(store.inUse("one"));
  EXPECT_ANY_THROW(store.remove("one"));
  user = nullptr;
  EXPECT_FALSE(store.inUse("one"));
  store.remove("one");
}

TEST_F(VolumeStoreTest, NamesAreChecked) {
  VolumeStore store(path_);
  for (auto* name : {"", ".a", "-a", "a/b", "..", "a b"})
    EXPECT_ANY_THROW(store.add({name, 1, {}})) << name;
  store.add({"a.b_c-1", 1, {}});
}

}  // namespace
}  // namespace stave::local
