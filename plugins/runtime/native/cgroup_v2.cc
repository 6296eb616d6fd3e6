#include <fcntl.h>
#include <stave/error.h>

#include <algorithm>
#include <sstream>

#include "cgroup.h"
#include "cgroup_files.h"
#include "device_program.h"

namespace stave::native {

namespace {

constexpr uint64_t nanosPerMicro = 1000;

/// Shares of version 1 (2 to 262144) as a weight of version 2 (1 to 10000).
uint64_t weightOf(uint64_t shares) {
  return 1 + (shares - 2) * 9999 / 262'142;
}

std::vector<std::string> controllersIn(const std::string& directory) {
  std::istringstream stream(readIfThere(directory + "/cgroup.controllers"));
  std::vector<std::string> result;
  for (std::string name; stream >> name;) result.push_back(name);
  return result;
}

class CgroupV2 final : public Cgroup {
 public:
  CgroupV2(std::string mount, std::string path)
      : mount_(std::move(mount)), path_(std::move(path)) {}

  /// Controllers are handed down from the root, one level at a time.
  void create() override {
    for (size_t end = 0; end != std::string::npos;) {
      std::string above = end == 0 ? mount_ : mount_ + "/" + path_.substr(0, end);
      handDown(above);
      end = path_.find('/', end + 1);
      makeGroup(end == std::string::npos ? directory() : mount_ + "/" + path_.substr(0, end));
    }
  }

  void apply(schema::Resources::Reader resources) override;

  void restrictDevices(const std::vector<DeviceRule>& allowed) override {
    bool all = allowed.size() == 1 && allowed[0].type == 'a';
    if (all) return;
    os::Fd group = os::open(directory(), O_RDONLY | O_DIRECTORY);
    os::guardDevices(group, deviceProgram(allowed));
  }

  CgroupEntry entry() const override {
    CgroupEntry entry;
    entry.directory = os::open(directory(), O_RDONLY | O_DIRECTORY);
    if (os::exists(file("memory.events")))
      entry.oomFile = os::open(file("memory.events"), O_RDONLY);
    bool killable = os::exists(file("cgroup.kill"));
    entry.killFile = killable ? os::open(file("cgroup.kill"), O_WRONLY)
                              : os::open(file("cgroup.procs"), O_RDONLY);
    return entry;
  }

  std::vector<std::pair<std::string, std::string>> views() const override {
    return {{"", directory()}};
  }

  void setFrozen(bool frozen) override { write("cgroup.freeze", frozen ? "1" : "0"); }
  bool frozen() const override {
    return numberOf(readIfThere(file("cgroup.events")), "frozen") == 1;
  }
  bool freezing() const override { return readNumber(file("cgroup.freeze")) == 1; }

  std::vector<pid_t> processes() const override { return processesBelow(directory()); }
  void readStatistics(schema::ContainerStatistics::Builder statistics) const override;
  bool remove() override { return removeGroup(directory()); }

 private:
  std::string directory() const { return mount_ + "/" + path_; }
  std::string file(const std::string& name) const { return directory() + "/" + name; }

  void handDown(const std::string& group) {
    for (auto& controller : controllersIn(group)) {
      // One that cannot be handed down is missed, with its name, by who sets a limit of it.
      kj::runCatchingExceptions(
          [&] { os::writeFile(group + "/cgroup.subtree_control", "+" + controller); });
    }
  }

  void write(const std::string& name, const std::string& value) {
    if (!os::exists(file(name))) {
      std::string controller = name.substr(0, name.find('.'));
      fail(ErrorCode::UNSUPPORTED, "this machine has no cgroup controller \"" + controller +
                                       "\" for containers, which " + name + " needs");
    }
    os::writeFile(file(name), value);
  }

  void applyCpu(schema::Resources::Reader resources);
  void applyMemory(schema::Resources::Reader resources);
  void applyBlockDevices(schema::Resources::Reader resources);
  void readBlockStatistics(schema::ContainerStatistics::Builder statistics) const;

  std::string mount_;
  std::string path_;
};

void CgroupV2::apply(schema::Resources::Reader resources) {
  applyCpu(resources);
  applyMemory(resources);
  applyBlockDevices(resources);
  if (int64_t pids = resources.getPids(); pids != 0) {
    write("pids.max", pids < 0 ? "max" : std::to_string(pids));
  }
}

void CgroupV2::applyCpu(schema::Resources::Reader resources) {
  if (uint64_t shares = resources.getCpuShares(); shares != 0) {
    write("cpu.weight", std::to_string(weightOf(shares)));
  }
  CpuLimit limit = cpuLimitOf(resources);
  if (limit.quota != 0) {
    std::string quota = limit.quota < 0 ? "max" : std::to_string(limit.quota);
    write("cpu.max", quota + " " + std::to_string(limit.period));
  }
  if (resources.getCpuset().size() > 0) write("cpuset.cpus", resources.getCpuset().cStr());
  if (resources.getCpusetMems().size() > 0) write("cpuset.mems", resources.getCpusetMems().cStr());
}

/// Version 2 limits swap by itself, not together with memory.
void CgroupV2::applyMemory(schema::Resources::Reader resources) {
  uint64_t memory = resources.getMemory();
  if (memory != 0) write("memory.max", std::to_string(memory));
  if (int64_t together = resources.getMemorySwap(); together < 0) {
    write("memory.swap.max", "max");
  } else if (together > 0) {
    if (memory == 0) memory = readNumber(file("memory.max"), static_cast<uint64_t>(together));
    uint64_t swap =
        static_cast<uint64_t>(together) - std::min(memory, static_cast<uint64_t>(together));
    write("memory.swap.max", std::to_string(swap));
  }
  if (resources.getMemoryReservation() != 0) {
    write("memory.low", std::to_string(resources.getMemoryReservation()));
  }
  if (resources.getMemorySwappiness() >= 0) {
    fail(ErrorCode::UNSUPPORTED, "memorySwappiness: cgroups of version 2 have no swappiness");
  }
  if (resources.getOomKillDisable()) {
    fail(ErrorCode::UNSUPPORTED, "oomKillDisable: cgroups of version 2 cannot switch it off");
  }
}

void CgroupV2::applyBlockDevices(schema::Resources::Reader resources) {
  if (uint16_t weight = resources.getBlkioWeight(); weight != 0) {
    bool bfq = os::exists(file("io.bfq.weight"));
    write(bfq ? "io.bfq.weight" : "io.weight",
          bfq ? std::to_string(weight) : "default " + std::to_string(weight));
  }
  for (auto device : resources.getDevices()) {
    std::string line = blockDeviceNumber(device.getPath().cStr());
    auto add = [&](const char* key, uint64_t value) {
      if (value != 0) line += std::string(" ") + key + "=" + std::to_string(value);
    };
    add("rbps", device.getReadBytesPerSecond());
    add("wbps", device.getWriteBytesPerSecond());
    add("riops", device.getReadOperationsPerSecond());
    add("wiops", device.getWriteOperationsPerSecond());
    if (line.find(' ') != std::string::npos) write("io.max", line);
  }
}

void CgroupV2::readStatistics(schema::ContainerStatistics::Builder statistics) const {
  std::string cpu = readIfThere(file("cpu.stat"));
  statistics.setCpuNanos(numberOf(cpu, "usage_usec") * nanosPerMicro);
  statistics.setCpuUserNanos(numberOf(cpu, "user_usec") * nanosPerMicro);
  statistics.setCpuSystemNanos(numberOf(cpu, "system_usec") * nanosPerMicro);
  statistics.setPeriods(numberOf(cpu, "nr_periods"));
  statistics.setThrottledPeriods(numberOf(cpu, "nr_throttled"));
  statistics.setThrottledNanos(numberOf(cpu, "throttled_usec") * nanosPerMicro);
  std::string memory = readIfThere(file("memory.stat"));
  uint64_t usage = readNumber(file("memory.current"));
  statistics.setMemoryUsage(usage - std::min(usage, numberOf(memory, "inactive_file")));
  statistics.setMemoryCache(numberOf(memory, "file"));
  statistics.setMemoryMaxUsage(readNumber(file("memory.peak")));
  statistics.setMemoryLimit(readNumber(file("memory.max")));
  statistics.setOomKills(numberOf(readIfThere(file("memory.events")), "oom_kill"));
  statistics.setPids(readNumber(file("pids.current")));
  statistics.setPidsLimit(readNumber(file("pids.max")));
  readBlockStatistics(statistics);
}

/// Lines of "8:0 rbytes=4096 wbytes=0 rios=1 wios=0 ...".
void CgroupV2::readBlockStatistics(schema::ContainerStatistics::Builder statistics) const {
  std::string text = readIfThere(file("io.stat"));
  auto sum = [&](std::string_view key) {
    uint64_t total = 0;
    for (size_t at = text.find(key); at != std::string::npos; at = text.find(key, at + 1)) {
      total += strtoull(text.c_str() + at + key.size(), nullptr, 10);
    }
    return total;
  };
  statistics.setReadBytes(sum(" rbytes="));
  statistics.setWriteBytes(sum(" wbytes="));
  statistics.setReadOperations(sum(" rios="));
  statistics.setWriteOperations(sum(" wios="));
}

class DriverV2 final : public CgroupDriver {
 public:
  explicit DriverV2(std::string mount) : mount_(std::move(mount)) {}

  unsigned version() const override { return 2; }
  std::vector<std::string> controllers() const override { return controllersIn(mount_); }

  std::vector<std::string> missing() const override {
    std::vector<std::string> result;
    auto there = controllers();
    for (const char* name : {"cpu", "cpuset", "memory", "io", "pids"}) {
      bool found = std::find(there.begin(), there.end(), name) != there.end();
      if (!found)
        result.push_back(std::string("no cgroup controller ") + name + ": its limits fail");
    }
    return result;
  }

  std::unique_ptr<Cgroup> at(const std::string& path) const override {
    return std::make_unique<CgroupV2>(mount_, path);
  }

 private:
  std::string mount_;
};

}  // namespace

std::unique_ptr<CgroupDriver> openCgroupsV2(const std::string& mount) {
  return std::make_unique<DriverV2>(mount);
}

}  // namespace stave::native
