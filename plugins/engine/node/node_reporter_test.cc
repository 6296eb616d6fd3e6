#include "node_reporter.h"

#include <gtest/gtest.h>

namespace stave::node {
namespace {

TEST(NodeReporter, ReadsMemory) {
  EXPECT_EQ(memoryLine("MemFree: 1 kB\nMemTotal:       2048 kB\n", "MemTotal"), 2048u * 1024);
  EXPECT_EQ(memoryLine("MemFree: 1 kB\n", "MemTotal"), 0u);
}

TEST(NodeReporter, ReadsTheRelease) {
  EXPECT_EQ(releaseValue("ID=debian\nPRETTY_NAME=\"Debian 12\"", "PRETTY_NAME"), "Debian 12");
  EXPECT_EQ(releaseValue("ID=debian\n", "ID"), "debian");
  EXPECT_EQ(releaseValue("ID=debian\n", "NAME"), "");
}

}  // namespace
}  // namespace stave::node
