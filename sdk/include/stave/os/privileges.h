#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Giving up what a process does not need. All of it is final and concerns the calling thread, so
/// it is done before others are started.
namespace stave::os {

/// Bit numbers as in linux/capability.h; "NET_ADMIN", "CAP_NET_ADMIN" and "net_admin" are the same.
/// -1: there is no such capability.
int capabilityNumber(std::string_view name);
/// "NET_ADMIN"; of a number without a name, the number.
std::string capabilityName(int number);
/// The highest number that the kernel knows.
int lastCapability();

/// A set of capabilities by name; "all" means every one. Fails [invalid] naming one that does not
/// exist.
uint64_t capabilitySet(const std::vector<std::string>& names);

/// Keeps these and drops all others, from the bounding set as well, and allows no gain by exec.
void keepCapabilities(uint64_t set);

/// A network namespace with nothing in it, not even an address on lo.
void leaveNetwork();

/// A mount namespace of its own: what is mounted outside is seen, what is mounted here is not.
void leaveMountNamespace();

/// Refuses, with EPERM, system calls that only an intruder would make here: loading modules,
/// another kernel, ptrace, bpf, clocks, swap, reboot. Needs `keepCapabilities` before, or
/// CAP_SYS_ADMIN.
void refuseDangerousCalls();

}  // namespace stave::os
