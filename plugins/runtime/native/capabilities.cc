#include "capabilities.h"

#include <linux/capability.h>
#include <stave/error.h>
#include <stave/os/file.h>
#include <string.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace stave::native {

namespace {

/// By number.
constexpr std::array<std::string_view, 41> names = {"CHOWN",
                                                    "DAC_OVERRIDE",
                                                    "DAC_READ_SEARCH",
                                                    "FOWNER",
                                                    "FSETID",
                                                    "KILL",
                                                    "SETGID",
                                                    "SETUID",
                                                    "SETPCAP",
                                                    "LINUX_IMMUTABLE",
                                                    "NET_BIND_SERVICE",
                                                    "NET_BROADCAST",
                                                    "NET_ADMIN",
                                                    "NET_RAW",
                                                    "IPC_LOCK",
                                                    "IPC_OWNER",
                                                    "SYS_MODULE",
                                                    "SYS_RAWIO",
                                                    "SYS_CHROOT",
                                                    "SYS_PTRACE",
                                                    "SYS_PACCT",
                                                    "SYS_ADMIN",
                                                    "SYS_BOOT",
                                                    "SYS_NICE",
                                                    "SYS_RESOURCE",
                                                    "SYS_TIME",
                                                    "SYS_TTY_CONFIG",
                                                    "MKNOD",
                                                    "LEASE",
                                                    "AUDIT_WRITE",
                                                    "AUDIT_CONTROL",
                                                    "SETFCAP",
                                                    "MAC_OVERRIDE",
                                                    "MAC_ADMIN",
                                                    "SYSLOG",
                                                    "WAKE_ALARM",
                                                    "BLOCK_SUSPEND",
                                                    "AUDIT_READ",
                                                    "PERFMON",
                                                    "BPF",
                                                    "CHECKPOINT_RESTORE"};

constexpr CapabilitySet bit(int number) {
  return CapabilitySet{1} << number;
}

std::string upperCase(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(toupper(c)); });
  return result;
}

CapabilitySet parse(std::string_view name, const char* field) {
  if (upperCase(name) == "ALL") return allCapabilities();
  int number = capabilityNumber(name);
  if (number < 0) {
    fail(ErrorCode::INVALID, std::string("security.") + field + ": there is no capability \"" +
                                 std::string(name) +
                                 "\"; write it as in capabilities(7): NET_ADMIN");
  }
  return bit(number);
}

}  // namespace

CapabilitySet defaultCapabilities() {
  constexpr int members[] = {CAP_CHOWN,   CAP_DAC_OVERRIDE, CAP_FSETID,           CAP_FOWNER,
                             CAP_MKNOD,   CAP_NET_RAW,      CAP_SETGID,           CAP_SETUID,
                             CAP_SETFCAP, CAP_SETPCAP,      CAP_NET_BIND_SERVICE, CAP_SYS_CHROOT,
                             CAP_KILL,    CAP_AUDIT_WRITE};
  CapabilitySet result = 0;
  for (int number : members) result |= bit(number);
  return result & allCapabilities();
}

CapabilitySet allCapabilities() {
  static const CapabilitySet own = [] {
    std::string status = os::readFile("/proc/self/status");
    return strtoull(status.c_str() + status.find("CapPrm:") + strlen("CapPrm:"), nullptr, 16);
  }();
  return own;
}

CapabilitySet adjustCapabilities(capnp::List<capnp::Text>::Reader add,
                                 capnp::List<capnp::Text>::Reader drop) {
  CapabilitySet dropped = 0;
  CapabilitySet addedByName = 0;
  CapabilitySet result = defaultCapabilities();
  for (auto name : drop) dropped |= parse(name.cStr(), "dropCapabilities");
  for (auto name : add) {
    CapabilitySet one = parse(name.cStr(), "addCapabilities");
    result |= one;
    if (one != allCapabilities()) addedByName |= one;
  }
  bool dropsAll = dropped == allCapabilities();
  return dropsAll ? addedByName : result & ~dropped;
}

std::vector<std::string> missingCapabilities() {
  int last = std::stoi(os::readFile("/proc/sys/kernel/cap_last_cap"));
  std::vector<std::string> result;
  for (int number = 0; number <= last && number < static_cast<int>(names.size()); number++) {
    if ((allCapabilities() & bit(number)) == 0) result.emplace_back(names[number]);
  }
  return result;
}

int capabilityNumber(std::string_view name) {
  std::string wanted = upperCase(name);
  std::string_view shortName = wanted;
  if (shortName.starts_with("CAP_")) shortName.remove_prefix(4);
  auto found = std::find(names.begin(), names.end(), shortName);
  return found == names.end() ? -1 : static_cast<int>(found - names.begin());
}

}  // namespace stave::native
