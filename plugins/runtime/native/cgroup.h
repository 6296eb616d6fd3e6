#pragma once

#include <stave/os/file.h>
#include <stave/schema/runtime.capnp.h>

#include <memory>
#include <string>
#include <vector>

namespace stave::native {

/// What a process may do with which device files. -1: any number.
struct DeviceRule {
  char type = 'c';  ///< c, b, or a for all
  int major = -1;
  int minor = -1;
  std::string permissions = "rwm";
};

/// The descriptors by which a monitor puts a process into a cgroup and looks after it.
struct CgroupEntry {
  std::vector<os::Fd> tasks;  ///< version 1: `tasks` of each hierarchy
  os::Fd directory;           ///< version 2: cloned into
  os::Fd oomFile;   ///< tells how often the out-of-memory killer struck; null: cannot be known
  os::Fd killFile;  ///< cgroup.kill, or with version 1 a cgroup.procs
};

/// The cgroup of one container, in one hierarchy (version 2) or in one for each controller. What
/// the machine cannot do fails [unsupported] naming the controller.
class Cgroup {
 public:
  virtual ~Cgroup() noexcept = default;

  virtual void create() = 0;
  virtual void apply(schema::Resources::Reader resources) = 0;
  virtual void restrictDevices(const std::vector<DeviceRule>& allowed) = 0;
  virtual CgroupEntry entry() const = 0;

  /// What the container sees below /sys/fs/cgroup: name of a directory (empty: the whole), and
  /// path.
  virtual std::vector<std::pair<std::string, std::string>> views() const = 0;

  virtual void setFrozen(bool frozen) = 0;
  virtual bool frozen() const = 0;    ///< completely
  virtual bool freezing() const = 0;  ///< asked to be
  virtual std::vector<pid_t> processes() const = 0;
  virtual void readStatistics(schema::ContainerStatistics::Builder statistics) const = 0;

  /// Returns false while processes are in it. Gone already: true.
  virtual bool remove() = 0;
};

/// The cgroups of this machine.
class CgroupDriver {
 public:
  virtual ~CgroupDriver() noexcept = default;
  virtual unsigned version() const = 0;
  virtual std::vector<std::string> controllers() const = 0;
  virtual std::vector<std::string> missing() const = 0;  ///< in sentences

  /// `path`: below the mount of each hierarchy, "stave/web-1".
  virtual std::unique_ptr<Cgroup> at(const std::string& path) const = 0;
};

/// Looks at what is mounted at `mount`: a version 2 hierarchy, or a directory with one of version 1
/// for each controller. Fails [unsupported] when it is neither.
std::unique_ptr<CgroupDriver> openCgroups(const std::string& mount);

std::unique_ptr<CgroupDriver> openCgroupsV1(const std::string& mount);
std::unique_ptr<CgroupDriver> openCgroupsV2(const std::string& mount);

/// What a container may use without having been given it: making device files, and the harmless
/// ones.
std::vector<DeviceRule> defaultDeviceRules();

/// The processor time limit in microseconds per period; quota 0: none was asked for, -1: unlimited.
struct CpuLimit {
  uint64_t period = 100'000;
  int64_t quota = 0;
};
CpuLimit cpuLimitOf(schema::Resources::Reader resources);

/// Resources that are out of range fail [invalid] with the field's name.
void checkResources(schema::Resources::Reader resources);

}  // namespace stave::native
