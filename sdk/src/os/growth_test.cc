#include "stave/os/growth.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "stave/os/pipe.h"

namespace stave::os {
namespace {

Fd temporaryFile() {
  char pattern[] = "/tmp/stave-growth-XXXXXX";
  Fd file(mkstemp(pattern));
  unlink(pattern);
  return file;
}

TEST(GrowthWatchTest, WakesAtAWrite) {
  auto file = temporaryFile();
  GrowthWatch watch(file);
  std::thread writer([&]() { writeAll(file, "x", 1); });
  auto begin = std::chrono::steady_clock::now();
  watch.wait(30'000);
  writer.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

TEST(GrowthWatchTest, WriteBeforeTheWaitCounts) {
  auto file = temporaryFile();
  GrowthWatch watch(file);
  writeAll(file, "x", 1);
  auto begin = std::chrono::steady_clock::now();
  watch.wait(30'000);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

TEST(PipeTest, CarriesBytesToItsEnd) {
  auto pipe = makePipe();
  writeAll(pipe.write, "abc", 3);
  pipe.write = nullptr;
  EXPECT_EQ(readAll(pipe.read), "abc");
}

}  // namespace
}  // namespace stave::os
