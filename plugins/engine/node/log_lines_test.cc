#include "log_lines.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stave/os/file.h>
#include <stave/testing/temp_directory.h>

namespace stave::node {
namespace {

TEST(LogLines, ReadsALine) {
  auto line = parseLogLine("123 stderr P some text ");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->time, 123);
  EXPECT_TRUE(line->isError);
  EXPECT_TRUE(line->partial);
  EXPECT_EQ(line->text, "some text ");
  EXPECT_EQ(parseLogLine("1 stdout F ")->text, "");
}

TEST(LogLines, RefusesDamage) {
  for (auto line : {"", "x stdout F a", "1 stdnone F a", "1 stdout X a", "1"}) {
    EXPECT_FALSE(parseLogLine(line)) << line;
  }
}

TEST(LogLines, FiltersByTimeAndStream) {
  LogFilter filter{.since = 10, .until = 20, .output = false};
  EXPECT_FALSE(filter.takes({.time = 9, .isError = true}));
  EXPECT_TRUE(filter.takes({.time = 10, .isError = true}));
  EXPECT_FALSE(filter.takes({.time = 21, .isError = true}));
  EXPECT_FALSE(filter.takes({.time = 15, .isError = false}));
}

TEST(LogLines, CutsAcrossPieces) {
  LogCutter cutter;
  std::vector<std::string> lines;
  auto keep = [&](std::string_view line) { lines.emplace_back(line); };
  cutter.feed("on", keep);
  cutter.feed("e\ntwo\nthr", keep);
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "two"}));
  cutter.feed("ee\n", keep);
  EXPECT_EQ(lines.back(), "three");
}

TEST(LogLines, FindsRotatedFilesOldestFirst) {
  stave::testing::TempDirectory directory;
  auto path = directory / "output.log";
  for (auto name : {"", ".1", ".2"}) os::replaceFile(path + name, "1 stdout F x\n2 stderr F y\n");
  EXPECT_EQ(logFiles(path), (std::vector<std::string>{path + ".2", path + ".1", path}));
  auto file = os::open(path, O_RDONLY);
  EXPECT_EQ(countLines({file.get()}, {}), 2u);
  EXPECT_EQ(countLines({file.get()}, {.errors = false}), 1u);
}

}  // namespace
}  // namespace stave::node
