#include <stave/json.h>

#include <limits>

#include "pod_parts.h"
#include "syntax.h"

namespace stave::cli {

namespace {

constexpr int64_t unbounded = std::numeric_limits<int64_t>::max();

int64_t memorySwap(const std::string& text) {
  if (text == "-1") return -1;
  KJ_IF_MAYBE (bytes, parseBytes(text)) {
    if (*bytes <= uint64_t(unbounded)) return int64_t(*bytes);
  }
  failFlag("--memory-swap", text, "want a number of bytes such as 2g, or -1");
}

/// The limits by device, each named once however many kinds of limit it has.
class DeviceLimits {
 public:
  struct Entry {
    std::string path;
    uint64_t readBps = 0, writeBps = 0, readIops = 0, writeIops = 0;
  };

  void add(const std::vector<std::string>& lines, std::string_view flag, uint64_t Entry::*member) {
    for (auto& line : lines) {
      auto colon = line.rfind(':');
      if (colon == std::string::npos || line.front() != '/') {
        failFlag(flag, line, "want /dev/DEVICE:NUMBER");
      }
      entry(line.substr(0, colon)).*member = number(line.substr(colon + 1), flag, line);
    }
  }

  const std::vector<Entry>& entries() const { return entries_; }

 private:
  Entry& entry(const std::string& path) {
    for (auto& known : entries_) {
      if (known.path == path) return known;
    }
    return entries_.emplace_back(Entry{path});
  }

  static uint64_t number(const std::string& text, std::string_view flag, const std::string& line) {
    KJ_IF_MAYBE (bytes, parseBytes(text)) {
      return *bytes;
    }
    failFlag(flag, line, "\"" + text + "\" is not a number");
  }

  std::vector<Entry> entries_;
};

void fillDeviceLimits(const RunOptions& options, schema::Resources::Builder resources) {
  DeviceLimits limits;
  limits.add(options.readBps, "--device-read-bps", &DeviceLimits::Entry::readBps);
  limits.add(options.writeBps, "--device-write-bps", &DeviceLimits::Entry::writeBps);
  limits.add(options.readIops, "--device-read-iops", &DeviceLimits::Entry::readIops);
  limits.add(options.writeIops, "--device-write-iops", &DeviceLimits::Entry::writeIops);
  auto target = resources.initDevices(limits.entries().size());
  for (unsigned i = 0; i < target.size(); ++i) {
    auto& entry = limits.entries()[i];
    target[i].setPath(entry.path);
    target[i].setReadBytesPerSecond(entry.readBps);
    target[i].setWriteBytesPerSecond(entry.writeBps);
    target[i].setReadOperationsPerSecond(entry.readIops);
    target[i].setWriteOperationsPerSecond(entry.writeIops);
  }
}

void fillMemory(const RunOptions& options, schema::Resources::Builder resources) {
  constexpr uint64_t smallest = 6 << 20;
  if (options.memory != 0 && options.memory < smallest) {
    throw UsageError("--memory: the least that a container can have is 6m");
  }
  resources.setMemory(options.memory);
  resources.setMemoryReservation(options.memoryReservation);
  resources.setMemorySwappiness(checkedRange(options.swappiness, -1, 100, "--memory-swappiness"));
  resources.setOomKillDisable(options.oomKillDisable);
  if (options.memorySwap.empty()) return;
  auto swap = memorySwap(options.memorySwap);
  if (swap > 0 && options.memory == 0) throw UsageError("--memory-swap needs --memory beside it");
  if (swap > 0 && uint64_t(swap) < options.memory) {
    throw UsageError("--memory-swap is memory and swap together: it must not be below --memory");
  }
  resources.setMemorySwap(swap);
}

void fillUlimits(const RunOptions& options, schema::PodContainer::Builder container) {
  auto limits = container.initRlimits(options.ulimits.size());
  for (unsigned i = 0; i < limits.size(); ++i) {
    auto limit = parseUlimit(options.ulimits[i]);
    limits[i].setName(limit.name);
    limits[i].setSoft(limit.soft);
    limits[i].setHard(limit.hard);
  }
}

}  // namespace

void fillResources(const RunOptions& options, schema::PodContainer::Builder container) {
  auto resources = container.initResources();
  fillMemory(options, resources);
  if (!options.cpus.empty()) {
    if (options.cpuQuota != 0) throw UsageError("--cpus conflicts with --cpu-quota");
    resources.setCpuMillis(parseCpus(options.cpus));
  }
  resources.setCpuShares(
      options.cpuShares == 0 ? 0 : checkedRange(options.cpuShares, 2, 262144, "--cpu-shares"));
  resources.setCpuPeriodMicros(checkedRange(options.cpuPeriod, 0, 1'000'000, "--cpu-period"));
  resources.setCpuQuotaMicros(checkedRange(options.cpuQuota, -1, unbounded, "--cpu-quota"));
  resources.setCpuset(options.cpuset);
  resources.setCpusetMems(options.cpusetMems);
  resources.setPids(checkedRange(options.pids, -1, unbounded, "--pids-limit"));
  resources.setBlkioWeight(
      options.blkioWeight == 0 ? 0 : checkedRange(options.blkioWeight, 10, 1000, "--blkio-weight"));
  fillDeviceLimits(options, resources);
  fillUlimits(options, container);
  container.setShmSize(options.shmSize);
}

}  // namespace stave::cli
