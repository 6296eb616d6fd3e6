#include "mount_plan.h"

#include <fcntl.h>
#include <stave/os/entry.h>
#include <stave/os/mount.h>
#include <stave/os/task.h>

#include <sstream>

#include "copy_up.h"
#include "system_mounts.h"

namespace stave::native {

namespace {

constexpr const char* maskedPaths[] = {
    "/proc/asound",     "/proc/acpi",        "/proc/interrupts",
    "/proc/kcore",      "/proc/keys",        "/proc/latency_stats",
    "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
    "/proc/scsi",       "/sys/firmware",     "/sys/devices/virtual/powercap"};
constexpr const char* readOnlyPaths[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                                         "/proc/sysrq-trigger"};

using Kind = schema::Mount::Which;

struct FlagName {
  const char* name;
  uint64_t set;
  uint64_t clear;
};
constexpr FlagName flagNames[] = {{"ro", MOUNT_ATTR_RDONLY, 0},      {"rw", 0, MOUNT_ATTR_RDONLY},
                                  {"noexec", MOUNT_ATTR_NOEXEC, 0},  {"exec", 0, MOUNT_ATTR_NOEXEC},
                                  {"nosuid", MOUNT_ATTR_NOSUID, 0},  {"suid", 0, MOUNT_ATTR_NOSUID},
                                  {"nodev", MOUNT_ATTR_NODEV, 0},    {"dev", 0, MOUNT_ATTR_NODEV},
                                  {"noatime", MOUNT_ATTR_NOATIME, 0}};

uint64_t attributesOf(schema::Mount::Reader mount) {
  return (mount.getReadOnly() ? MOUNT_ATTR_RDONLY : 0) |
         (mount.getNosuid() ? MOUNT_ATTR_NOSUID : 0) | (mount.getNodev() ? MOUNT_ATTR_NODEV : 0) |
         (mount.getNoexec() ? MOUNT_ATTR_NOEXEC : 0);
}

struct Propagation {
  uint64_t kind;
  bool recursive;
};

Propagation propagationOf(schema::Mount::Reader mount) {
  using P = schema::Mount::Propagation;
  switch (mount.getPropagation()) {
    case P::PRIVATE:
      return {MS_PRIVATE, false};
    case P::SLAVE:
      return {MS_SLAVE, false};
    case P::SHARED:
      return {MS_SHARED, false};
    case P::RPRIVATE:
      return {MS_PRIVATE, true};
    case P::RSLAVE:
      return {MS_SLAVE, true};
    case P::RSHARED:
      return {MS_SHARED, true};
  }
  fail(ErrorCode::INVALID, "mounts: unknown propagation");
}

/// "size=64m,noexec,mode=700": what is no flag of the mount is an option of the file system.
void addTmpfsOptions(const std::string& text, std::vector<std::string>& options,
                     uint64_t& attributes) {
  std::istringstream stream(text);
  for (std::string one; std::getline(stream, one, ',');) {
    bool isFlag = false;
    for (auto& flag : flagNames) {
      if (one != flag.name) continue;
      attributes = (attributes & ~flag.clear) | flag.set;
      isFlag = true;
    }
    if (isFlag || one.empty()) continue;
    size_t equals = one.find('=');
    options.push_back(one.substr(0, equals));
    options.push_back(equals == std::string::npos ? "" : one.substr(equals + 1));
  }
}

int planTmpfs(PlanWriter& writer, schema::Mount::Reader mount) {
  auto wanted = mount.getTmpfs();
  std::vector<std::string> options;
  auto add = [&](const char* key, uint64_t value, const char* format) {
    char text[32];
    snprintf(text, sizeof(text), format, value);
    options.insert(options.end(), {key, text});
  };
  if (wanted.getSizeBytes() != 0) add("size", wanted.getSizeBytes(), "%lu");
  add("mode", wanted.getMode() == 0 ? 01777 : wanted.getMode(), "%lo");
  if (wanted.getUid() != 0) add("uid", wanted.getUid(), "%lu");
  if (wanted.getGid() != 0) add("gid", wanted.getGid(), "%lu");
  uint64_t attributes = attributesOf(mount);
  addTmpfsOptions(wanted.getOptions(), options, attributes);
  return planTree(writer, "tmpfs", options, attributes);
}

/// A part of a tree; links on the way stay inside.
os::Fd openPart(int tree, const std::string& subPath) {
  KJ_IF_MAYBE (part, os::openInRoot(tree, subPath, O_PATH)) {
    return kj::mv(*part);
  }
  fail(ErrorCode::NOT_FOUND, "mounts: there is no " + subPath + " in what should be mounted");
}

os::Fd partOf(int tree, schema::Mount::Reader mount, bool recursive) {
  if (mount.getSubPath().size() == 0) return os::cloneTree(tree, recursive);
  os::Fd part = openPart(tree, mount.getSubPath());
  return os::cloneTree(part.get(), recursive);
}

os::Fd hostTree(schema::Mount::Reader mount) {
  std::string path = mount.getHostPath();
  if (!path.starts_with('/')) {
    fail(ErrorCode::INVALID, "mounts: hostPath \"" + path + "\" is not an absolute path");
  }
  if (!os::exists(path)) {
    if (!mount.getCreateHostPath()) {
      fail(ErrorCode::INVALID,
           "invalid mount config for type \"bind\": bind source path does not exist: " + path);
    }
    os::makeDirectories(path);
  }
  if (mount.getSubPath().size() == 0) return os::cloneTree(path, mount.getRecursive());
  return partOf(os::open(path, O_PATH), mount, mount.getRecursive());
}

os::Fd contentTree(const MountParts& parts, size_t index, schema::Mount::Reader mount) {
  auto content = mount.getFileContent();
  std::string path = contentPath(parts.directory, index);
  os::makeDirectories(path.substr(0, path.rfind('/')), 0755);
  os::Fd file = os::open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  os::writeAll(file, content.begin(), content.size());
  os::setMode(file, 0644);
  if (parts.rootUid != 0) os::setOwner(file, parts.rootUid, parts.rootGid);
  return os::cloneTree(path, false);
}

os::Fd givenTree(const MountParts& parts, size_t index, schema::Mount::Reader mount) {
  int tree = parts.trees.at(index);
  if (tree < 0) {
    fail(ErrorCode::INVALID,
         "mounts: the one at " + std::string(mount.getTarget()) + " has no tree");
  }
  if (mount.getCopyUp()) copyUp(parts.root, mount.getTarget(), tree);
  return partOf(tree, mount, true);
}

/// What exists already as a mount, with its attributes; its slot.
int giveTree(PlanWriter& writer, os::Fd tree, schema::Mount::Reader mount, uint32_t& flags) {
  if (!S_ISDIR(os::statOf(tree).st_mode)) flags |= plan::targetIsFile;
  Propagation propagation = propagationOf(mount);
  os::setMountAttributes(tree,
                         {.propagation = propagation.kind, .recursive = propagation.recursive});
  os::setMountAttributes(tree, {.set = attributesOf(mount), .recursive = mount.getRecursive()});
  return writer.give(kj::mv(tree));
}

struct Prepared {
  int slot = -1;
  uint32_t flags = 0;
};

Prepared prepare(PlanWriter& writer, const MountParts& parts, size_t index,
                 schema::Mount::Reader mount) {
  Prepared result;
  switch (mount.which()) {
    case Kind::TREE:
      result.slot = giveTree(writer, givenTree(parts, index, mount), mount, result.flags);
      break;
    case Kind::HOST_PATH:
      result.slot = giveTree(writer, hostTree(mount), mount, result.flags);
      break;
    case Kind::FILE_CONTENT:
      result.slot = giveTree(writer, contentTree(parts, index, mount), mount, result.flags);
      break;
    case Kind::TMPFS:
      result.slot = planTmpfs(writer, mount);
      break;
    case Kind::MQUEUE:
      result.slot = planTree(writer, "mqueue", {}, attributesOf(mount));
      break;
  }
  return result;
}

void checkTarget(const std::string& target) {
  bool absolute = target.size() > 1 && target[0] == '/';
  if (absolute && target.find_first_not_of('/') != std::string::npos) return;
  fail(ErrorCode::INVALID, "mounts: target \"" + target + "\" must be an absolute path, and not /");
}

}  // namespace

std::string contentPath(const std::string& directory, size_t index) {
  return directory + "/files/" + std::to_string(index);
}

void planMounts(PlanWriter& writer, const MountParts& parts) {
  writer.step(plan::Operation::makePrivate, "making the mounts private");
  SystemMounts system(writer, parts);
  system.planTrees();
  auto mounts = parts.spec.getMounts();
  std::vector<Prepared> prepared;
  for (size_t index = 0; index < mounts.size(); index++) {
    checkTarget(mounts[index].getTarget());
    prepared.push_back(prepare(writer, parts, index, mounts[index]));
  }
  writer.step(plan::Operation::pivotRoot, "changing the root").slot = writer.give(parts.root);
  system.planAttachments();
  for (size_t index = 0; index < mounts.size(); index++) {
    planAttach(writer, prepared[index].slot, mounts[index].getTarget(), prepared[index].flags);
  }
}

void planProtection(PlanWriter& writer, schema::ContainerSpec::Reader spec) {
  auto security = spec.getSecurity();
  if (!security.getPrivileged() && !security.getUnmasked()) {
    for (const char* path : maskedPaths) {
      writer.step(plan::Operation::maskPath, std::string("hiding ") + path).text =
          writer.text(path);
    }
    for (const char* path : readOnlyPaths) {
      auto& step = writer.step(plan::Operation::readOnlyPath, std::string("protecting ") + path);
      step.text = writer.text(path);
    }
  }
  if (security.getReadOnlyRoot())
    writer.step(plan::Operation::readOnlyRoot, "making the root read-only");
}

std::vector<DeviceRule> deviceRulesOf(schema::ContainerSpec::Reader spec) {
  if (spec.getSecurity().getPrivileged()) return {{'a', -1, -1, "rwm"}};
  std::vector<DeviceRule> rules = defaultDeviceRules();
  for (auto device : spec.getDevices()) {
    os::DeviceFile found = os::deviceFile(device.getHostPath());
    std::string permissions = device.getPermissions();
    if (permissions.find_first_not_of("rwm") != std::string::npos) {
      fail(ErrorCode::INVALID, "devices: permissions \"" + permissions + "\" are not some of rwm");
    }
    rules.push_back({S_ISBLK(found.mode) ? 'b' : 'c', static_cast<int>(found.major),
                     static_cast<int>(found.minor), permissions});
  }
  return rules;
}

}  // namespace stave::native
