#include "cgroup.h"

#include <stave/error.h>

namespace stave::native {

namespace {

constexpr uint64_t smallestMemory = 6 << 20;  // below it a container cannot even be set up

[[noreturn]] void failField(const std::string& field, const std::string& reason) {
  fail(ErrorCode::INVALID, "resources." + field + ": " + reason);
}

void checkRange(const char* field, uint64_t value, uint64_t least, uint64_t most) {
  if (value == 0 || (value >= least && value <= most)) return;
  failField(field, std::to_string(value) + " is not between " + std::to_string(least) + " and " +
                       std::to_string(most));
}

void checkCpuList(const char* field, std::string_view list) {
  if (list.find_first_not_of("0123456789-,") == std::string_view::npos) return;
  failField(field, "\"" + std::string(list) + "\" is not a list like 0-1,3");
}

}  // namespace

std::unique_ptr<CgroupDriver> openCgroups(const std::string& mount) {
  return os::exists(mount + "/cgroup.controllers") ? openCgroupsV2(mount) : openCgroupsV1(mount);
}

std::vector<DeviceRule> defaultDeviceRules() {
  return {
      {'c', -1, -1, "m"}, {'b', -1, -1, "m"}, {'c', 1, 3},  // null
      {'c', 1, 5},                                          // zero
      {'c', 1, 7},                                          // full
      {'c', 1, 8},                                          // random
      {'c', 1, 9},                                          // urandom
      {'c', 5, 0},                                          // tty
      {'c', 5, 1},                                          // console
      {'c', 5, 2},                                          // ptmx
      {'c', 136, -1},                                       // terminals
  };
}

CpuLimit cpuLimitOf(schema::Resources::Reader resources) {
  CpuLimit limit;
  if (resources.getCpuPeriodMicros() != 0) limit.period = resources.getCpuPeriodMicros();
  limit.quota = resources.getCpuQuotaMicros();
  if (resources.getCpuMillis() != 0) {
    limit.quota = static_cast<int64_t>(resources.getCpuMillis() * limit.period / 1000);
  }
  return limit;
}

void checkResources(schema::Resources::Reader resources) {
  checkRange("cpuShares", resources.getCpuShares(), 2, 262'144);
  checkRange("cpuPeriodMicros", resources.getCpuPeriodMicros(), 1000, 1'000'000);
  checkRange("blkioWeight", resources.getBlkioWeight(), 10, 1000);
  checkRange("memory", resources.getMemory(), smallestMemory, INT64_MAX);
  checkCpuList("cpuset", resources.getCpuset().cStr());
  checkCpuList("cpusetMems", resources.getCpusetMems().cStr());
  bool bothCpus = resources.getCpuMillis() != 0 && resources.getCpuQuotaMicros() != 0;
  if (bothCpus) failField("cpuMillis", "give either this or cpuQuotaMicros");
  int16_t swappiness = resources.getMemorySwappiness();
  if (swappiness < -1 || swappiness > 100) failField("memorySwappiness", "not between -1 and 100");
  int64_t swap = resources.getMemorySwap();
  if (swap < -1) failField("memorySwap", "negative; -1 is unlimited");
  if (swap > 0 && static_cast<uint64_t>(swap) < resources.getMemory()) {
    failField("memorySwap", "it includes the memory, so it may not be smaller than that");
  }
  if (resources.getPids() < -1) failField("pids", "negative; -1 is no limit");
}

}  // namespace stave::native
