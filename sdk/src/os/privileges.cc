#include "stave/os/privileges.h"

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>

#include "stave/error.h"

namespace stave::os {

namespace {

constexpr std::array<std::string_view, 41> capabilityNames = {"CHOWN",
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

constexpr std::array<uint32_t, 23> dangerousCalls = {SYS_kexec_load,
                                                     SYS_kexec_file_load,
                                                     SYS_init_module,
                                                     SYS_finit_module,
                                                     SYS_delete_module,
                                                     SYS_reboot,
                                                     SYS_swapon,
                                                     SYS_swapoff,
                                                     SYS_ptrace,
                                                     SYS_process_vm_readv,
                                                     SYS_process_vm_writev,
                                                     SYS_bpf,
                                                     SYS_perf_event_open,
                                                     SYS_userfaultfd,
                                                     SYS_settimeofday,
                                                     SYS_clock_settime,
                                                     SYS_clock_adjtime,
                                                     SYS_adjtimex,
                                                     SYS_acct,
                                                     SYS_iopl,
                                                     SYS_ioperm,
                                                     SYS_add_key,
                                                     SYS_keyctl};

void setCapabilities(uint64_t set) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  for (int half = 0; half < 2; half++) {
    data[half].effective = data[half].permitted = uint32_t(set >> (32 * half));
  }
  if (syscall(SYS_capset, &header, data) < 0) failErrno("dropping capabilities", errno);
}

uint64_t permittedCapabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (syscall(SYS_capget, &header, data) < 0) failErrno("reading capabilities", errno);
  return uint64_t(data[1].permitted) << 32 | data[0].permitted;
}

}  // namespace

int capabilityNumber(std::string_view name) {
  std::string upper(name);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return toupper(c); });
  std::string_view wanted = upper;
  if (wanted.starts_with("CAP_")) wanted.remove_prefix(4);
  auto found = std::find(capabilityNames.begin(), capabilityNames.end(), wanted);
  return found == capabilityNames.end() ? -1 : int(found - capabilityNames.begin());
}

std::string capabilityName(int number) {
  bool named = number >= 0 && size_t(number) < capabilityNames.size();
  return named ? std::string(capabilityNames[number]) : std::to_string(number);
}

int lastCapability() {
  int number = 0;
  while (number < 63 && prctl(PR_CAPBSET_READ, number + 1, 0, 0, 0) >= 0) number++;
  return number;
}

uint64_t capabilitySet(const std::vector<std::string>& names) {
  uint64_t set = 0;
  for (auto& name : names) {
    if (name == "all" || name == "ALL") return (uint64_t(2) << lastCapability()) - 1;
    int number = capabilityNumber(name);
    if (number < 0)
      fail(ErrorCode::INVALID, "there is no capability \"" + name + "\"; see capabilities(7)");
    set |= uint64_t(1) << number;
  }
  return set;
}

void keepCapabilities(uint64_t set) {
  for (int number = 0; number <= lastCapability(); number++) {
    if (set >> number & 1) continue;
    if (prctl(PR_CAPBSET_DROP, number, 0, 0, 0) < 0)
      failErrno("dropping " + capabilityName(number), errno);
  }
  setCapabilities(set & permittedCapabilities());
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) failErrno("setting no_new_privs", errno);
}

void leaveNetwork() {
  if (unshare(CLONE_NEWNET) < 0) failErrno("making a network namespace", errno);
}

void leaveMountNamespace() {
  if (unshare(CLONE_NEWNS) < 0) failErrno("making a mount namespace", errno);
  if (mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) < 0) {
    failErrno("making a mount namespace's mounts private", errno);
  }
}

void refuseDangerousCalls() {
  std::vector<sock_filter> program;
  auto load = [&](uint32_t offset) {
    program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
  };
  load(offsetof(seccomp_data, arch));
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0));
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
  load(offsetof(seccomp_data, nr));
  for (auto number : dangerousCalls) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) < 0) {
    failErrno("installing a system call filter", errno);
  }
}

}  // namespace stave::os
