#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Reading the small text files of cgroups and proc.
namespace stave::native {

/// The content, or nothing if there is no such file or it cannot be read.
std::string readIfThere(const std::string& path);

/// A number, 0 if there is none; "max" is `maximum`.
uint64_t readNumber(const std::string& path, uint64_t maximum = 0);

/// The number after `key` in lines of "key number"; 0 if there is none.
uint64_t numberOf(std::string_view text, std::string_view key);

/// The numbers in a file of one process a line, of the directory and of all below.
std::vector<pid_t> processesBelow(const std::string& directory);

/// Makes the directory and those above it. Returns false if the last exists.
bool makeGroup(const std::string& directory);

/// Removes a cgroup and those that the container made in it. Returns false while one is in use.
bool removeGroup(const std::string& directory);

/// Processor time of the whole machine in nanoseconds, its processors and its memory in bytes.
struct MachineUsage {
  uint64_t cpuNanos = 0;
  unsigned cpus = 0;
  uint64_t memory = 0;
};
MachineUsage readMachineUsage();

/// "8:0" of "/dev/sda". Fails [invalid] when it is not a block device.
std::string blockDeviceNumber(const std::string& path);

}  // namespace stave::native
