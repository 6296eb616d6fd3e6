#include "process_table.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace stave::node {
namespace {

TEST(ProcessTable, ReadsOneProcess) {
  auto row = parseProcess(
      "42 (a b) c) S 7 42 42 34816 42 4194304 1 0 0 0 150 50 0 0 20 0 1 0 1000 0 0 0\n",
      "Name:\tx\nUid:\t1000\t1000\nVmRSS:\t  2048 kB\n", std::string_view("sh\0-c\0true\0", 11),
      5'000'000'000);
  EXPECT_EQ(row.pid, 42);
  EXPECT_EQ(row.parent, 7);
  EXPECT_EQ(row.uid, 1000u);
  EXPECT_EQ(row.command, "sh -c true");
  EXPECT_EQ(row.terminal, "pts/0");
  EXPECT_EQ(row.cpuMillis, 2000u);
  EXPECT_EQ(row.startedAt, 15'000'000'000);
  EXPECT_EQ(row.memory, 2048u * 1024);
}

TEST(ProcessTable, NamesAProcessWithoutCommandLineByItsProgram) {
  EXPECT_EQ(parseProcess("2 (kthreadd) S 0 0 0 0", "", "", 0).command, "[kthreadd]");
}

TEST(ProcessTable, LeavesOutWhatIsGone) {
  auto rows = readProcesses({getpid(), 0x7ffffffe});
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].pid, getpid());
  EXPECT_EQ(rows[0].parent, getppid());
}

}  // namespace
}  // namespace stave::node
