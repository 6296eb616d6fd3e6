#include "stave/os/growth.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <thread>

namespace stave::os {
namespace {

Fd temporaryFile() {
  char pattern[] = "/tmp/stave-growth-XXXXXX";
  Fd file(mkstemp(pattern));
  unlink(pattern);
  return file;
}

constexpr uint32_t longMilliseconds = 10'000;

TEST(GrowthWatchTest, WakesAtAWrite) {
  auto file = temporaryFile();
  GrowthWatch watch(file);
  std::thread writer([&]() { writeAll(file, "x", 1); });
  EXPECT_TRUE(watch.wait(longMilliseconds));
  writer.join();
}

TEST(GrowthWatchTest, WriteBeforeTheWaitCounts) {
  auto file = temporaryFile();
  GrowthWatch watch(file);
  writeAll(file, "x", 1);
  EXPECT_TRUE(watch.wait(longMilliseconds));
}

TEST(GrowthWatchTest, TellsThatNothingWasWritten) {
  auto file = temporaryFile();
  writeAll(file, "x", 1);
  GrowthWatch watch(file);
  EXPECT_FALSE(watch.wait(1));
}

}  // namespace
}  // namespace stave::os
