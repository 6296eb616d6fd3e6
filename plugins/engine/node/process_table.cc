#include "process_table.h"

#include <kj/exception.h>
#include <stave/os/file.h>

#include <charconv>
#include <sstream>

namespace stave::node {

namespace {

constexpr uint64_t ticksPerSecond = 100;  // USER_HZ, the same on all of Linux
constexpr int64_t nanosPerTick = 1'000'000'000 / ticksPerSecond;
constexpr unsigned terminalMajor = 136;  // of the first pseudo-terminals

uint64_t numberAfter(std::string_view text, std::string_view label) {
  auto at = text.find(label);
  if (at == text.npos) return 0;
  text.remove_prefix(at + label.size());
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string terminalName(unsigned device) {
  unsigned major = device >> 8 & 0xfff;
  unsigned minor = (device & 0xff) | (device >> 12 & 0xfff00);
  if (device == 0) return {};
  return major == terminalMajor ? "pts/" + std::to_string(minor) : "tty" + std::to_string(minor);
}

int64_t bootTime() {
  return numberAfter(os::readFile("/proc/stat"), "btime ") * 1'000'000'000;
}

}  // namespace

ProcessRow parseProcess(std::string_view stat, std::string_view status,
                        std::string_view commandLine, int64_t bootTime) {
  ProcessRow row;
  row.pid = static_cast<int32_t>(numberAfter(stat, ""));
  auto open = stat.find('(');
  auto close = stat.rfind(')');
  if (open == stat.npos || close == stat.npos) return row;
  row.command.assign(commandLine);
  while (!row.command.empty() && row.command.back() == '\0') row.command.pop_back();
  for (auto& each : row.command) {
    if (each == '\0') each = ' ';
  }
  if (row.command.empty())
    row.command = "[" + std::string(stat.substr(open + 1, close - open - 1)) + "]";
  std::istringstream words{std::string(stat.substr(close + 1))};
  std::vector<std::string> fields;  // the first is the third of the file: the state
  for (std::string word; words >> word;) fields.push_back(word);
  auto field = [&](size_t number) -> int64_t {
    size_t index = number - 3;
    return index < fields.size() ? std::atoll(fields[index].c_str()) : 0;
  };
  row.parent = static_cast<int32_t>(field(4));
  row.terminal = terminalName(static_cast<unsigned>(field(7)));
  row.cpuMillis = static_cast<uint64_t>(field(14) + field(15)) * 1000 / ticksPerSecond;
  row.startedAt = bootTime + field(22) * nanosPerTick;
  row.uid = static_cast<uint32_t>(numberAfter(status, "Uid:"));
  row.memory = numberAfter(status, "VmRSS:") * 1024;
  return row;
}

std::vector<ProcessRow> readProcesses(const std::vector<int32_t>& pids) {
  std::vector<ProcessRow> rows;
  int64_t boot = bootTime();
  for (int32_t pid : pids) {
    auto directory = "/proc/" + std::to_string(pid);
    // It may end at any moment.
    auto gone = kj::runCatchingExceptions([&]() {
      rows.push_back(parseProcess(os::readFile(directory + "/stat"),
                                  os::readFile(directory + "/status"),
                                  os::readFile(directory + "/cmdline"), boot));
    });
    (void)gone;
  }
  return rows;
}

}  // namespace stave::node
