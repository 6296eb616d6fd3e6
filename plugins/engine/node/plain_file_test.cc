#include "plain_file.h"

#include <gtest/gtest.h>
#include <stave/os/file.h>
#include <stave/testing/temp_directory.h>
#include <zlib.h>

namespace stave::node {
namespace {

TEST(PlainFile, InflatesGzip) {
  stave::testing::TempDirectory directory;
  auto path = directory / "file";
  auto file = gzopen(path.c_str(), "w");
  gzputs(file, "content");
  gzclose(file);
  inflateInPlace(path);
  EXPECT_EQ(os::readFile(path), "content");
}

TEST(PlainFile, LeavesPlainOnesAlone) {
  stave::testing::TempDirectory directory;
  auto path = directory / "file";
  os::replaceFile(path, "plain");
  inflateInPlace(path);
  EXPECT_EQ(os::readFile(path), "plain");
}

}  // namespace
}  // namespace stave::node
