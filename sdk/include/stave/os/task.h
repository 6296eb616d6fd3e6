#pragma once

#include <stave/os/file.h>
#include <sys/types.h>

#include <string>
#include <string_view>

/// Processes that are known by a number or a pidfd, and what the system tells about them.
namespace stave::os {

/// Sends a signal. Returns false when the process is gone. Fails [invalid] for no such signal.
bool signalPidfd(int pidfd, int number);
bool signalProcess(pid_t pid, int number);

/// When the process was started, in ticks since boot: tells it from a later one with the same
/// number. 0: there is no such process.
uint64_t startTicks(pid_t pid);

/// Takes the exit of a child that has ended; somebody else's child, or none: nothing happens.
void reapIfChild(pid_t pid);

/// An anonymous file in memory with this content, its position at the beginning.
Fd memoryFile(const std::string& name, std::string_view content);

/// The same, for a program: nobody can change it any more, and it can be executed by its
/// descriptor.
Fd sealedProgram(const std::string& path);

/// A file's first bytes, wherever its position is; fewer if it is shorter.
size_t readStart(int fd, void* data, size_t size);
void writeStart(int fd, const void* data, size_t size);  ///< and over them

/// One namespace of a process: "net", "mnt", "pid". Fails [not-found] when the process is gone.
Fd openNamespace(pid_t pid, const std::string& kind);

/// Major and minor number, and the type, of a device file; mode 0: not a device.
struct DeviceFile {
  mode_t mode = 0;
  unsigned major = 0;
  unsigned minor = 0;
  uid_t uid = 0;
  gid_t gid = 0;
  dev_t number = 0;
};
DeviceFile deviceFile(const std::string& path);

/// The kernel as major * 1000 + minor: 6018 for 6.18.
unsigned kernelVersion();

}  // namespace stave::os
