#include "system_mounts.h"

#include <fcntl.h>
#include <stave/os/entry.h>
#include <stave/os/mount.h>
#include <stave/os/task.h>

namespace stave::native {

namespace {

constexpr uint64_t noSurprises = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
constexpr uint64_t defaultShmSize = 64 << 20;
constexpr const char* devices[] = {"null", "zero", "full", "random", "urandom", "tty"};
constexpr std::pair<const char*, const char*> links[] = {
    {"/dev/fd", "/proc/self/fd"},       {"/dev/stdin", "/proc/self/fd/0"},
    {"/dev/stdout", "/proc/self/fd/1"}, {"/dev/stderr", "/proc/self/fd/2"},
    {"/dev/ptmx", "pts/ptmx"},          {"/dev/core", "/proc/kcore"}};

/// What privileged containers do not get of the host's /dev: it is their own.
bool isOwnDevice(const std::string& name) {
  for (const char* own :
       {"pts", "shm", "mqueue", "console", "ptmx", "fd", "stdin", "stdout", "stderr"}) {
    if (name == own) return true;
  }
  for (const char* own : devices) {
    if (name == own) return true;
  }
  return false;
}

void collectDevices(const std::string& directory, std::vector<std::string>& paths) {
  for (auto& name : os::listDirectory(directory)) {
    if (directory == "/dev" && isOwnDevice(name)) continue;
    std::string path = directory + "/" + name;
    KJ_IF_MAYBE (found, os::statAt(AT_FDCWD, path)) {
      if (S_ISDIR(found->st_mode)) collectDevices(path, paths);
      if (S_ISCHR(found->st_mode) || S_ISBLK(found->st_mode)) paths.push_back(path);
    }
  }
}

}  // namespace

int planTree(PlanWriter& writer, const std::string& type, const std::vector<std::string>& options,
             uint64_t attributes, uint32_t flags) {
  auto& step = writer.step(plan::Operation::createTree, "making a file system of type " + type);
  step.text = writer.text(type);
  step.other = writer.texts(options);
  step.first = attributes;
  step.flags = flags;
  return step.slot = writer.newSlot();
}

void planAttach(PlanWriter& writer, int slot, const std::string& target, uint32_t flags) {
  auto& step = writer.step(plan::Operation::attachTree, "mounting " + target);
  step.text = writer.text(target);
  step.slot = slot;
  step.flags = flags;
}

void SystemMounts::planTrees() {
  proc_ = planTree(writer_, "proc", {}, noSurprises);
  sys_ = planTree(writer_, "sysfs", {}, noSurprises | (privileged() ? 0 : MOUNT_ATTR_RDONLY),
                  userNamespace() ? plan::byMonitor : 0);  // it belongs to the network namespace
  dev_ = planTree(writer_, "tmpfs", {"mode", "755", "size", "65536k"},
                  MOUNT_ATTR_NOSUID | MOUNT_ATTR_STRICTATIME);
  std::vector<std::string> terminal = {"newinstance", "", "ptmxmode", "0666", "mode", "0620"};
  if (!userNamespace()) terminal.insert(terminal.end(), {"gid", "5"});
  terminals_ = planTree(writer_, "devpts", terminal, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
  if (!mounted("/dev/shm")) {
    uint64_t size = parts_.spec.getShmSize() == 0 ? defaultShmSize : parts_.spec.getShmSize();
    shm_ = ownIpc() ? planTree(writer_, "tmpfs", {"mode", "1777", "size", std::to_string(size)},
                               noSurprises)
                    : hostTree("/dev/shm", false);
  }
  if (!mounted("/dev/mqueue") && ownIpc()) mqueue_ = planTree(writer_, "mqueue", {}, noSurprises);
  bool manyViews = parts_.cgroup != nullptr && parts_.cgroup->views().size() > 1;
  if (manyViews)
    cgroupBase_ = planTree(writer_, "tmpfs", {"mode", "755", "size", "64k"}, noSurprises);
}

void SystemMounts::planAttachments() {
  planAttach(writer_, proc_, "/proc", plan::noSymlinks);
  planAttach(writer_, sys_, "/sys", plan::noSymlinks);
  planAttach(writer_, dev_, "/dev", plan::noSymlinks);
  planAttach(writer_, terminals_, "/dev/pts");
  if (shm_ >= 0) planAttach(writer_, shm_, "/dev/shm");
  if (mqueue_ >= 0) planAttach(writer_, mqueue_, "/dev/mqueue");
  planDevices();
  planCgroups();
}

bool SystemMounts::mounted(const char* target) const {
  for (auto mount : parts_.spec.getMounts()) {
    if (mount.getTarget() == target) return true;
  }
  return false;
}

int SystemMounts::hostTree(const std::string& path, bool recursive) {
  if (!os::exists(path)) return -1;
  return writer_.give(os::cloneTree(path, recursive));
}

void SystemMounts::planDevices() {
  for (const char* name : devices) {
    planDevice(std::string("/dev/") + name, std::string("/dev/") + name);
  }
  for (auto& [path, target] : links) {
    auto& step = writer_.step(plan::Operation::makeSymlink, std::string("making the link ") + path);
    step.text = writer_.text(path);
    step.other = writer_.text(target);
  }
  if (privileged() && !userNamespace()) {
    std::vector<std::string> all;
    collectDevices("/dev", all);
    for (auto& path : all) planDevice(path, path);
  }
  for (auto device : parts_.spec.getDevices()) {
    std::string hostPath = device.getHostPath();
    planDevice(hostPath, device.getPath().size() == 0 ? hostPath : std::string(device.getPath()));
  }
}

/// In a user namespace no device can be made, only shown.
void SystemMounts::planDevice(const std::string& hostPath, const std::string& path) {
  if (userNamespace()) {
    return planAttach(writer_, hostTree(hostPath, false), path, plan::targetIsFile);
  }
  os::DeviceFile device = os::deviceFile(hostPath);
  if (device.mode == 0) fail(ErrorCode::INVALID, "devices: " + hostPath + " is not a device");
  auto& step = writer_.step(plan::Operation::makeDevice, "making the device " + path);
  step.text = writer_.text(path);
  step.first = device.mode;
  step.second = device.number;
  step.third = static_cast<uint64_t>(device.uid) << 32 | device.gid;
}

void SystemMounts::planCgroups() {
  if (parts_.cgroup == nullptr) return;
  if (cgroupBase_ >= 0) planAttach(writer_, cgroupBase_, "/sys/fs/cgroup");
  for (auto& [name, path] : parts_.cgroup->views()) {
    if (mounted("/sys/fs/cgroup")) return;
    os::Fd tree = os::cloneTree(path, false);
    uint64_t attributes = noSurprises | (privileged() ? 0 : MOUNT_ATTR_RDONLY);
    os::setMountAttributes(tree, {.set = attributes, .propagation = MS_PRIVATE});
    std::string target = "/sys/fs/cgroup" + (name.empty() ? "" : "/" + name);
    planAttach(writer_, writer_.give(kj::mv(tree)), target);
  }
}

}  // namespace stave::native
