#include "hold_files.h"

#include <gtest/gtest.h>
#include <stave/image/digest.h>
#include <stave/os/file.h>
#include <stave/testing/temp_directory.h>

namespace stave::local {
namespace {

class Files : public ::testing::Test {
 protected:
  std::vector<HoldEntry> load() { return HoldFiles(directory_.path()).load(defects_); }

  testing::TempDirectory directory_{"holds"};
  HoldFiles files_{directory_.path()};
  std::vector<std::string> defects_;
  std::string a_ = image::digestOf("a"), b_ = image::digestOf("b");
};

TEST_F(Files, AreReadAgain) {
  files_.want("docker.io/library/debian:12",
              HoldEntry{"docker.io/library/debian:12", {a_, b_}, true});
  files_.flush("docker.io/library/debian:12");
  auto loaded = load();
  ASSERT_EQ(loaded.size(), 1u);
  EXPECT_EQ(loaded[0].name, "docker.io/library/debian:12");
  EXPECT_EQ(loaded[0].digests, (std::set<std::string>{a_, b_}));
  EXPECT_TRUE(loaded[0].persistent);
}

TEST_F(Files, WhatWasWantedLastIsWritten) {
  files_.want("x", HoldEntry{"x", {a_}, true});
  files_.want("x", HoldEntry{"x", {b_}, true});
  files_.flush("x");
  files_.flush("x");
  ASSERT_EQ(load().size(), 1u);
  EXPECT_TRUE(load()[0].digests.contains(b_));
  files_.want("x", std::nullopt);
  files_.flush("x");
  EXPECT_TRUE(load().empty());
}

TEST_F(Files, DefectiveOneIsReported) {
  os::replaceFile(directory_ / "holds/bad.json", "{");
  os::replaceFile(directory_ / "holds/worse.json", R"({"name":"n","digests":["sha256:x"]})");
  EXPECT_TRUE(load().empty());
  EXPECT_EQ(defects_.size(), 2u);
  EXPECT_TRUE(os::exists(directory_ / "holds/bad.json"));
}

}  // namespace
}  // namespace stave::local
