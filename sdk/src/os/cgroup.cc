#include <dirent.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stave/error.h>
#include <stave/os/cgroup.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <memory>

namespace stave::os {

namespace {

long bpf(int command, bpf_attr& attributes) {
  return syscall(SYS_bpf, command, &attributes, sizeof(attributes));
}

[[noreturn]] void failGuard(const char* attempted, int error) {
  if (error == ENOSYS || error == EINVAL || error == EPERM) {
    fail(ErrorCode::UNSUPPORTED,
         std::string(attempted) +
             ": this kernel or the rights of this process do not allow programs "
             "that guard devices (CONFIG_CGROUP_BPF, CAP_BPF)");
  }
  failErrno(attempted, error);
}

}  // namespace

bool makeGroup(const std::string& directory) {
  if (mkdir(directory.c_str(), 0755) == 0) return true;
  if (errno == EEXIST || errno == ENOENT) return false;
  failErrno("making the cgroup " + directory, errno);
}

bool removeGroup(const std::string& directory) {
  if (rmdir(directory.c_str()) == 0 || errno == ENOENT) return true;
  if (errno == EBUSY || errno == ENOTEMPTY) return false;
  failErrno("removing the cgroup " + directory, errno);
}

std::vector<std::string> childGroups(const std::string& directory) {
  std::vector<std::string> result;
  std::unique_ptr<DIR, int (*)(DIR*)> open(opendir(directory.c_str()), closedir);
  if (open == nullptr) return result;
  while (dirent* entry = readdir(open.get())) {
    std::string name = entry->d_name;
    if (entry->d_type == DT_DIR && name != "." && name != "..") result.push_back(name);
  }
  return result;
}

Fd guardDevices(int group, const std::vector<BpfInstruction>& program) {
  static_assert(sizeof(BpfInstruction) == sizeof(bpf_insn));
  bpf_attr load{};
  load.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  load.insns = reinterpret_cast<uintptr_t>(program.data());
  load.insn_cnt = static_cast<uint32_t>(program.size());
  load.license = reinterpret_cast<uintptr_t>("Dual BSD/GPL");
  long fd = bpf(BPF_PROG_LOAD, load);
  if (fd < 0) failGuard("loading the program that guards a container's devices", errno);
  Fd loaded(static_cast<int>(fd));
  bpf_attr attach{};
  attach.target_fd = static_cast<uint32_t>(group);
  attach.attach_bpf_fd = static_cast<uint32_t>(loaded.get());
  attach.attach_type = BPF_CGROUP_DEVICE;
  if (bpf(BPF_PROG_ATTACH, attach) < 0) failGuard("guarding the devices of a cgroup", errno);
  return loaded;
}

}  // namespace stave::os
