#include <fcntl.h>
#include <stave/error.h>

#include <algorithm>
#include <array>

#include "cgroup.h"
#include "cgroup_files.h"

namespace stave::native {

namespace {

constexpr std::array<const char*, 8> known = {"cpu",     "cpuacct", "cpuset", "memory",
                                              "devices", "freezer", "blkio",  "pids"};

class CgroupV1 final : public Cgroup {
 public:
  CgroupV1(std::string mount, std::vector<std::string> controllers, std::string path)
      : mount_(std::move(mount)), controllers_(std::move(controllers)), path_(std::move(path)) {}

  void create() override {
    for (auto& controller : controllers_) {
      makeGroup(directory(controller));
      if (controller == "cpuset") inheritProcessors(path_);
    }
  }

  void apply(schema::Resources::Reader resources) override;
  void restrictDevices(const std::vector<DeviceRule>& allowed) override;

  CgroupEntry entry() const override {
    CgroupEntry entry;
    for (auto& controller : controllers_) {
      entry.tasks.push_back(os::open(directory(controller) + "/tasks", O_WRONLY));
    }
    if (has("memory")) entry.oomFile = os::open(file("memory", "memory.oom_control"), O_RDONLY);
    if (!controllers_.empty()) {
      entry.killFile = os::open(directory(controllers_[0]) + "/cgroup.procs", O_RDONLY);
    }
    return entry;
  }

  std::vector<std::pair<std::string, std::string>> views() const override {
    std::vector<std::pair<std::string, std::string>> result;
    for (auto& controller : controllers_) result.emplace_back(controller, directory(controller));
    return result;
  }

  void setFrozen(bool frozen) override {
    write("freezer", "freezer.state", frozen ? "FROZEN" : "THAWED");
  }
  bool frozen() const override { return state().starts_with("FROZEN"); }
  bool freezing() const override { return !state().empty() && !state().starts_with("THAWED"); }

  std::vector<pid_t> processes() const override {
    return controllers_.empty() ? std::vector<pid_t>() : processesBelow(directory(controllers_[0]));
  }

  void readStatistics(schema::ContainerStatistics::Builder statistics) const override;

  bool remove() override {
    bool gone = true;
    for (auto& controller : controllers_) gone = removeGroup(directory(controller)) && gone;
    return gone;
  }

 private:
  bool has(const std::string& controller) const {
    return std::find(controllers_.begin(), controllers_.end(), controller) != controllers_.end();
  }
  std::string directory(const std::string& controller) const {
    return mount_ + "/" + controller + "/" + path_;
  }
  std::string file(const std::string& controller, const std::string& name) const {
    return directory(controller) + "/" + name;
  }
  std::string state() const { return readIfThere(file("freezer", "freezer.state")); }

  /// Fails clearly for a controller, or a file of it, that this machine does not have.
  void write(const std::string& controller, const std::string& name, const std::string& value) {
    if (!has(controller)) {
      fail(ErrorCode::UNSUPPORTED, "this machine has no cgroup controller \"" + controller +
                                       "\", which " + name + " needs");
    }
    std::string path = file(controller, name);
    if (!os::exists(path)) {
      fail(ErrorCode::UNSUPPORTED,
           "the cgroup controller \"" + controller + "\" of this machine has no " + name);
    }
    os::writeFile(path, value);
  }

  void applyCpu(schema::Resources::Reader resources);
  void applyMemory(schema::Resources::Reader resources);
  void applyBlockDevices(schema::Resources::Reader resources);
  void inheritProcessors(const std::string& path);
  void readBlockStatistics(schema::ContainerStatistics::Builder statistics) const;

  std::string mount_;
  std::vector<std::string> controllers_;
  std::string path_;
};

/// A new group of the cpuset controller has no processors until it is given some.
void CgroupV1::inheritProcessors(const std::string& path) {
  std::string base = mount_ + "/cpuset/";
  size_t slash = path.rfind('/');
  std::string parent = slash == std::string::npos ? "" : path.substr(0, slash);
  for (const char* name : {"cpuset.cpus", "cpuset.mems"}) {
    std::string own = readIfThere(base + path + "/" + name);
    if (own.size() > 1) continue;
    if (!parent.empty()) inheritProcessors(parent);
    os::writeFile(base + path + "/" + name, readIfThere(base + parent + "/" + name));
  }
}

void CgroupV1::apply(schema::Resources::Reader resources) {
  applyCpu(resources);
  applyMemory(resources);
  applyBlockDevices(resources);
  if (int64_t pids = resources.getPids(); pids != 0) {
    write("pids", "pids.max", pids < 0 ? "max" : std::to_string(pids));
  }
}

void CgroupV1::applyCpu(schema::Resources::Reader resources) {
  if (resources.getCpuShares() != 0) {
    write("cpu", "cpu.shares", std::to_string(resources.getCpuShares()));
  }
  CpuLimit limit = cpuLimitOf(resources);
  if (limit.quota != 0) {
    write("cpu", "cpu.cfs_quota_us",
          "-1");  // or the old quota could be too much for the new period
    write("cpu", "cpu.cfs_period_us", std::to_string(limit.period));
    write("cpu", "cpu.cfs_quota_us", std::to_string(limit.quota));
  }
  if (resources.getCpuset().size() > 0)
    write("cpuset", "cpuset.cpus", resources.getCpuset().cStr());
  if (resources.getCpusetMems().size() > 0) {
    write("cpuset", "cpuset.mems", resources.getCpusetMems().cStr());
  }
}

/// Memory may never be above memory and swap together, not even between two writes.
void CgroupV1::applyMemory(schema::Resources::Reader resources) {
  constexpr const char* memoryFile = "memory.limit_in_bytes";
  constexpr const char* togetherFile = "memory.memsw.limit_in_bytes";
  std::string memory = resources.getMemory() == 0 ? "" : std::to_string(resources.getMemory());
  std::string together =
      resources.getMemorySwap() == 0 ? "" : std::to_string(resources.getMemorySwap());
  uint64_t now = readNumber(file("memory", togetherFile));
  bool raise =
      resources.getMemorySwap() < 0 || static_cast<uint64_t>(resources.getMemorySwap()) > now;
  if (!together.empty() && raise) write("memory", togetherFile, together);
  if (!memory.empty()) write("memory", memoryFile, memory);
  if (!together.empty() && !raise) write("memory", togetherFile, together);
  if (resources.getMemoryReservation() != 0) {
    write("memory", "memory.soft_limit_in_bytes", std::to_string(resources.getMemoryReservation()));
  }
  if (resources.getMemorySwappiness() >= 0) {
    write("memory", "memory.swappiness", std::to_string(resources.getMemorySwappiness()));
  }
  if (resources.getOomKillDisable()) write("memory", "memory.oom_control", "1");
}

void CgroupV1::applyBlockDevices(schema::Resources::Reader resources) {
  if (uint16_t weight = resources.getBlkioWeight(); weight != 0) {
    bool bfq = os::exists(file("blkio", "blkio.bfq.weight"));
    write("blkio", bfq ? "blkio.bfq.weight" : "blkio.weight", std::to_string(weight));
  }
  for (auto device : resources.getDevices()) {
    std::string number = blockDeviceNumber(device.getPath().cStr());
    std::pair<const char*, uint64_t> limits[] = {
        {"blkio.throttle.read_bps_device", device.getReadBytesPerSecond()},
        {"blkio.throttle.write_bps_device", device.getWriteBytesPerSecond()},
        {"blkio.throttle.read_iops_device", device.getReadOperationsPerSecond()},
        {"blkio.throttle.write_iops_device", device.getWriteOperationsPerSecond()}};
    for (auto& [name, value] : limits) {
      if (value != 0) write("blkio", name, number + " " + std::to_string(value));
    }
  }
}

void CgroupV1::restrictDevices(const std::vector<DeviceRule>& allowed) {
  if (!has("devices")) return;
  bool all = allowed.size() == 1 && allowed[0].type == 'a';
  write("devices", all ? "devices.allow" : "devices.deny", "a");
  if (all) return;
  auto number = [](int value) { return value < 0 ? "*" : std::to_string(value); };
  for (auto& rule : allowed) {
    os::writeFile(file("devices", "devices.allow"),
                  std::string(1, rule.type) + " " + number(rule.major) + ":" + number(rule.minor) +
                      " " + rule.permissions);
  }
}

void CgroupV1::readStatistics(schema::ContainerStatistics::Builder statistics) const {
  statistics.setCpuNanos(readNumber(file("cpuacct", "cpuacct.usage")));
  statistics.setCpuUserNanos(readNumber(file("cpuacct", "cpuacct.usage_user")));
  statistics.setCpuSystemNanos(readNumber(file("cpuacct", "cpuacct.usage_sys")));
  std::string cpu = readIfThere(file("cpu", "cpu.stat"));
  statistics.setPeriods(numberOf(cpu, "nr_periods"));
  statistics.setThrottledPeriods(numberOf(cpu, "nr_throttled"));
  statistics.setThrottledNanos(numberOf(cpu, "throttled_time"));
  std::string memory = readIfThere(file("memory", "memory.stat"));
  uint64_t usage = readNumber(file("memory", "memory.usage_in_bytes"));
  statistics.setMemoryUsage(usage - std::min(usage, numberOf(memory, "total_inactive_file")));
  statistics.setMemoryCache(numberOf(memory, "total_cache"));
  statistics.setMemoryMaxUsage(readNumber(file("memory", "memory.max_usage_in_bytes")));
  statistics.setMemoryLimit(readNumber(file("memory", "memory.limit_in_bytes")));
  statistics.setOomKills(numberOf(readIfThere(file("memory", "memory.oom_control")), "oom_kill"));
  statistics.setPids(readNumber(file("pids", "pids.current")));
  statistics.setPidsLimit(readNumber(file("pids", "pids.max")));
  readBlockStatistics(statistics);
}

/// Lines of "8:0 Read 4096".
void CgroupV1::readBlockStatistics(schema::ContainerStatistics::Builder statistics) const {
  auto sum = [this](const char* name, std::string_view kind) {
    std::string text = readIfThere(file("blkio", name));
    uint64_t total = 0;
    for (size_t at = text.find(kind); at != std::string::npos; at = text.find(kind, at + 1)) {
      total += strtoull(text.c_str() + at + kind.size(), nullptr, 10);
    }
    return total;
  };
  statistics.setReadBytes(sum("blkio.throttle.io_service_bytes_recursive", " Read "));
  statistics.setWriteBytes(sum("blkio.throttle.io_service_bytes_recursive", " Write "));
  statistics.setReadOperations(sum("blkio.throttle.io_serviced_recursive", " Read "));
  statistics.setWriteOperations(sum("blkio.throttle.io_serviced_recursive", " Write "));
}

class DriverV1 final : public CgroupDriver {
 public:
  explicit DriverV1(std::string mount) : mount_(std::move(mount)) {
    for (const char* name : known) {
      if (os::exists(mount_ + "/" + name + "/cgroup.procs")) controllers_.push_back(name);
    }
    if (controllers_.empty()) {
      fail(ErrorCode::UNSUPPORTED, "there are no cgroups at " + mount_ +
                                       "; mount them, or set `cgroupMount` to where they are");
    }
  }

  unsigned version() const override { return 1; }
  std::vector<std::string> controllers() const override { return controllers_; }

  std::vector<std::string> missing() const override {
    std::vector<std::string> result;
    for (const char* name : known) {
      bool there = std::find(controllers_.begin(), controllers_.end(), name) != controllers_.end();
      if (!there)
        result.push_back(std::string("no cgroup controller ") + name + ": its limits fail");
    }
    if (!os::exists(mount_ + "/memory/memory.memsw.limit_in_bytes")) {
      result.push_back("the memory controller does not count swap: memorySwap fails");
    }
    return result;
  }

  std::unique_ptr<Cgroup> at(const std::string& path) const override {
    return std::make_unique<CgroupV1>(mount_, controllers_, path);
  }

 private:
  std::string mount_;
  std::vector<std::string> controllers_;
};

}  // namespace

std::unique_ptr<CgroupDriver> openCgroupsV1(const std::string& mount) {
  return std::make_unique<DriverV1>(mount);
}

}  // namespace stave::native
