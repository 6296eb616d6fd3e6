#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What /proc says about processes, for `top`.
namespace stave::node {

struct ProcessRow {
  int32_t pid = 0;
  int32_t parent = 0;
  uint32_t uid = 0;
  std::string command;
  std::string terminal;  ///< "pts/0"; empty: none
  uint64_t cpuMillis = 0;
  int64_t startedAt = 0;  ///< Unix time, nanoseconds
  uint64_t memory = 0;    ///< resident, bytes
};

/// Processes that end while one looks are left out.
std::vector<ProcessRow> readProcesses(const std::vector<int32_t>& pids);

/// From the texts of /proc/PID/stat, status, cmdline; `bootTime` in nanoseconds.
ProcessRow parseProcess(std::string_view stat, std::string_view status,
                        std::string_view commandLine, int64_t bootTime);

}  // namespace stave::node
