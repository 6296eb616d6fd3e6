#include "cgroup_files.h"

#include <stave/error.h>
#include <stave/os/cgroup.h>
#include <stave/os/file.h>
#include <stave/os/task.h>

#include <cstdlib>

namespace stave::native {

namespace {

constexpr uint64_t nanosPerTick = 10'000'000;  // USER_HZ is 100 for every program

}  // namespace

std::string readIfThere(const std::string& path) {
  std::string content;
  kj::runCatchingExceptions([&] { content = os::readFile(path); });
  return content;
}

uint64_t readNumber(const std::string& path, uint64_t maximum) {
  std::string content = readIfThere(path);
  return content.starts_with("max") ? maximum : strtoull(content.c_str(), nullptr, 10);
}

uint64_t numberOf(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.size() <= key.size() || !line.starts_with(key) || line[key.size()] != ' ') continue;
    return strtoull(std::string(line.substr(key.size() + 1)).c_str(), nullptr, 10);
  }
  return 0;
}

std::vector<pid_t> processesBelow(const std::string& directory) {
  std::vector<pid_t> result;
  std::string list = readIfThere(directory + "/cgroup.procs");
  const char* at = list.c_str();
  for (char* end; long number = strtol(at, &end, 10); at = end) {
    result.push_back(static_cast<pid_t>(number));
  }
  for (auto& child : os::childGroups(directory)) {
    auto more = processesBelow(directory + "/" + child);
    result.insert(result.end(), more.begin(), more.end());
  }
  return result;
}

bool makeGroup(const std::string& directory) {
  if (os::makeGroup(directory)) return true;
  if (os::exists(directory)) return false;
  os::makeDirectories(directory.substr(0, directory.rfind('/')));
  return os::makeGroup(directory);
}

bool removeGroup(const std::string& directory) {
  for (auto& child : os::childGroups(directory)) {
    if (!removeGroup(directory + "/" + child)) return false;
  }
  return os::removeGroup(directory);
}

MachineUsage readMachineUsage() {
  MachineUsage usage;
  std::string stat = readIfThere("/proc/stat");
  const char* at = stat.c_str() + std::min<size_t>(stat.size(), 4);
  constexpr int fields = 8;  // user, nice, system, idle, iowait, irq, softirq, steal
  for (int field = 0; field < fields; field++) {
    char* end;
    usage.cpuNanos += strtoull(at, &end, 10) * nanosPerTick;
    at = end;
  }
  for (size_t line = stat.find("\ncpu"); line != std::string::npos;
       line = stat.find("\ncpu", line + 1)) {
    usage.cpus++;
  }
  usage.memory = numberOf(readIfThere("/proc/meminfo"), "MemTotal:") * 1024;
  return usage;
}

std::string blockDeviceNumber(const std::string& path) {
  os::DeviceFile device = os::deviceFile(path);
  if (!S_ISBLK(device.mode)) {
    fail(ErrorCode::INVALID, "resources.devices: " + path + " is not a block device");
  }
  return std::to_string(device.major) + ":" + std::to_string(device.minor);
}

}  // namespace stave::native
