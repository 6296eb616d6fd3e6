#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/stat.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "child.h"
#include "target.h"

namespace stave::monitor {

namespace {

constexpr int highestCapability = 63;

struct CapabilitySets {
  __user_cap_data_struct words[2];
};

long setCapabilities(uint64_t permitted, uint64_t effective, uint64_t inheritable) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  CapabilitySets sets;
  for (int i = 0; i < 2; i++) {
    sets.words[i].permitted = static_cast<uint32_t>(permitted >> (32 * i));
    sets.words[i].effective = static_cast<uint32_t>(effective >> (32 * i));
    sets.words[i].inheritable = static_cast<uint32_t>(inheritable >> (32 * i));
  }
  return sys::invoke(__NR_capset, &header, &sets);
}

/// Makes everything effective that is permitted.
long raiseCapabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  CapabilitySets sets{};
  long result = sys::invoke(__NR_capget, &header, &sets);
  if (result < 0) return result;
  for (auto& word : sets.words) word.effective = word.permitted;
  return sys::invoke(__NR_capset, &header, &sets);
}

long executable(const char* path) {
  struct statx found {};
  long result = sys::invoke(__NR_statx, AT_FDCWD, path, 0, STATX_TYPE | STATX_MODE, &found);
  if (result < 0) return result;
  if ((found.stx_mode & S_IFMT) == S_IFDIR) return -EISDIR;
  result = sys::invoke(__NR_faccessat2, AT_FDCWD, path, X_OK, AT_EACCESS);
  return result;
}

}  // namespace

long steps::joinNamespaces(Child& child, const plan::Step& step) {
  return sys::invoke(__NR_setns, child.plan.descriptor(step.slot), step.first);
}

long steps::unshare(Child&, const plan::Step& step) {
  return sys::invoke(__NR_unshare, step.first);
}

long steps::awaitMaps(Child& child, const plan::Step&) {
  return hear(child.channel, Word::mapped) ? 0 : -ECHILD;
}

/// A single thread that enters by itself: whoever puts another process, or a whole thread group,
/// into a cgroup waits until every processor has noticed, which takes longer than all else here.
long steps::enterCgroups(Child& child, const plan::Step&) {
  const plan::Header& header = child.plan.header();
  for (int i = 0; i < header.cgroupCount; i++) {
    long result = sys::write(child.plan.descriptor(header.cgroupTasks[i]), "0", 1);
    if (result < 0) return result;
  }
  return 0;
}

long steps::hostname(Child& child, const plan::Step& step) {
  return sys::invoke(__NR_sethostname, child.plan.text(step.text), step.text.size);
}

long steps::domainname(Child& child, const plan::Step& step) {
  return sys::invoke(__NR_setdomainname, child.plan.text(step.text), step.text.size);
}

long steps::writeFile(Child& child, const plan::Step& step) {
  sys::Fd file(sys::openAt(AT_FDCWD, child.plan.text(step.text), O_WRONLY | O_CLOEXEC));
  if (!file.open()) return file.error();
  return sys::write(file.get(), child.plan.text(step.other), step.other.size);
}

long steps::limit(Child& child, const plan::Step& step) {
  rlimit64 wanted{step.second, step.third};
  long result = sys::invoke(__NR_prlimit64, 0, step.first, &wanted, nullptr);
  if (result != -EPERM) return result;
  rlimit64 current{};
  sys::invoke(__NR_prlimit64, 0, step.first, nullptr, &current);
  wanted.rlim_max = current.rlim_max;
  if (wanted.rlim_cur > wanted.rlim_max) wanted.rlim_cur = wanted.rlim_max;
  report(plan::ReportKind::warning, child.currentStep, EPERM, 0);
  return sys::invoke(__NR_prlimit64, 0, step.first, &wanted, nullptr);
}

long steps::bounding(Child&, const plan::Step& step) {
  for (int capability = 0; capability <= highestCapability; capability++) {
    if ((step.first >> capability & 1) != 0) continue;
    long result = sys::invoke(__NR_prctl, PR_CAPBSET_DROP, capability, 0, 0, 0);
    if (result == -EINVAL) return 0;  // beyond what this kernel knows
    if (result < 0) return result;
  }
  return 0;
}

long steps::identity(Child& child, const plan::Step& step) {
  sys::invoke(__NR_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0);
  long result =
      sys::invoke(__NR_setgroups, step.other.size / sizeof(uint32_t), child.plan.text(step.other));
  if (result < 0) return result;
  result = sys::invoke(__NR_setresgid, step.second, step.second, step.second);
  if (result < 0) return result;
  result = sys::invoke(__NR_setresuid, step.first, step.first, step.first);
  if (result < 0) return result;
  // A change of user resets it, and clears the signal for the death of the parent.
  sys::invoke(__NR_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
  return sys::invoke(__NR_prctl, PR_SET_PDEATHSIG, 9, 0, 0, 0);
}

long steps::findCommand(Child& child, const plan::Step&) {
  const plan::Header& header = child.plan.header();
  const char* candidate = child.plan.text(header.candidates);
  long result = -ENOENT;
  for (uint32_t i = 0; i < header.candidateCount; i++, candidate += strlen(candidate) + 1) {
    long found = executable(candidate);
    if (found == 0) {
      child.command = candidate;
      return 0;
    }
    if (found == -EACCES || header.candidateCount == 1) result = found;
  }
  return result;
}

long steps::noNewPrivileges(Child&, const plan::Step&) {
  return sys::invoke(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

long steps::seccomp(Child& child, const plan::Step& step) {
  long result = raiseCapabilities();
  if (result < 0) return result;
  struct Program {
    unsigned short length;
    const char* filter;
  } program{static_cast<unsigned short>(step.text.size / sizeof(sock_filter)),
            child.plan.text(step.text)};
  return sys::invoke(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

long steps::capabilities(Child&, const plan::Step& step) {
  sys::invoke(__NR_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  return setCapabilities(step.first, step.first, step.second);
}

}  // namespace stave::monitor
