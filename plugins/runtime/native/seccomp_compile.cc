#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stave/error.h>
#include <stave/os/file.h>
#include <stave/os/task.h>
#include <string.h>

#include <algorithm>

#include "seccomp_profile.h"

namespace stave::native {

namespace {

constexpr int highestNumber = 1000;  // no processor has a call above it, but for x32's own range
constexpr uint32_t x32Bit = 0x4000'0000;

struct Machine {
  const char* architecture;  // GOARCH
  uint32_t token;            // AUDIT_ARCH_*
  std::vector<uint32_t> others;
};

Machine thisMachine() {
#if defined(__x86_64__)
  return {"amd64", AUDIT_ARCH_X86_64, {SCMP_ARCH_X86, SCMP_ARCH_X32}};
#elif defined(__aarch64__)
  return {"arm64", AUDIT_ARCH_AARCH64, {SCMP_ARCH_ARM}};
#endif
}

/// Calls that are newer than the filter library; their numbers are the same on every processor.
constexpr std::pair<const char*, int> newCalls[] = {
    {"cachestat", 451},         {"fchmodat2", 452},        {"map_shadow_stack", 453},
    {"futex_wake", 454},        {"futex_wait", 455},       {"futex_requeue", 456},
    {"statmount", 457},         {"listmount", 458},        {"lsm_get_self_attr", 459},
    {"lsm_set_self_attr", 460}, {"lsm_list_modules", 461}, {"mseal", 462},
    {"setxattrat", 463},        {"getxattrat", 464},       {"listxattrat", 465},
    {"removexattrat", 466},     {"open_tree_attr", 467},   {"file_getattr", 468},
    {"file_setattr", 469}};

struct Filter {
  scmp_filter_ctx context;
  explicit Filter(uint32_t action) : context(seccomp_init(action)) {
    if (context == nullptr) fail(ErrorCode::INTERNAL, "the system call filter could not be begun");
  }
  ~Filter() { seccomp_release(context); }
  KJ_DISALLOW_COPY(Filter);
};

uint32_t actionWord(SeccompAction action) {
  switch (action.kind) {
    case SeccompAction::allow:
      return SCMP_ACT_ALLOW;
    case SeccompAction::errno_:
      return SCMP_ACT_ERRNO(action.value);
    case SeccompAction::killProcess:
      return SCMP_ACT_KILL_PROCESS;
    case SeccompAction::killThread:
      return SCMP_ACT_KILL_THREAD;
    case SeccompAction::trap:
      return SCMP_ACT_TRAP;
    case SeccompAction::log:
      return SCMP_ACT_LOG;
    case SeccompAction::trace:
      return SCMP_ACT_TRACE(action.value);
  }
  KJ_UNREACHABLE;
}

scmp_compare comparisonOf(SeccompCondition::Comparison comparison) {
  switch (comparison) {
    case SeccompCondition::equal:
      return SCMP_CMP_EQ;
    case SeccompCondition::notEqual:
      return SCMP_CMP_NE;
    case SeccompCondition::less:
      return SCMP_CMP_LT;
    case SeccompCondition::lessOrEqual:
      return SCMP_CMP_LE;
    case SeccompCondition::greater:
      return SCMP_CMP_GT;
    case SeccompCondition::greaterOrEqual:
      return SCMP_CMP_GE;
    case SeccompCondition::maskedEqual:
      return SCMP_CMP_MASKED_EQ;
  }
  KJ_UNREACHABLE;
}

bool contains(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool applies(const SeccompRule& rule, CapabilitySet capabilities, const Machine& machine) {
  if ((rule.needed & ~capabilities) != 0 || (rule.forbidden & capabilities) != 0) return false;
  if (!rule.architectures.empty() && !contains(rule.architectures, machine.architecture))
    return false;
  if (contains(rule.notOn, machine.architecture)) return false;
  return os::kernelVersion() >= rule.minimumKernel;
}

void addRule(Filter& filter, const SeccompRule& rule, const std::string& name) {
  int number = seccomp_syscall_resolve_name(name.c_str());
  if (number == __NR_SCMP_ERROR) return;  // not on this machine, or newer: see newCalls
  std::vector<scmp_arg_cmp> conditions;
  for (auto& condition : rule.conditions) {
    conditions.push_back({condition.argument, comparisonOf(condition.comparison), condition.value,
                          condition.valueTwo});
  }
  int result = seccomp_rule_add_array(filter.context, actionWord(rule.action), number,
                                      conditions.size(), conditions.data());
  bool sameAsDefault = result == -EACCES;
  if (result == 0 || sameAsDefault || result == -EEXIST) return;
  failErrno("adding a rule for " + name + " to the system call filter", -result);
}

std::string exportProgram(Filter& filter) {
  os::Fd file = os::memoryFile("seccomp", "");
  int result = seccomp_export_bpf(filter.context, file);
  if (result < 0) failErrno("generating the system call filter", -result);
  std::string program(sizeof(sock_filter) * BPF_MAXINSNS, 0);
  program.resize(os::readStart(file, program.data(), program.size()));
  return program;
}

int highestKnownCall() {
  for (int number = highestNumber; number > 0; number--) {
    char* name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
    if (name == nullptr) continue;
    free(name);
    return number;
  }
  return highestNumber;
}

std::vector<int> allowedNewCalls(const SeccompProfile& profile, CapabilitySet capabilities,
                                 const Machine& machine, int known) {
  std::vector<int> result;
  for (auto& rule : profile.rules) {
    bool simple = rule.action.kind == SeccompAction::allow && rule.conditions.empty();
    if (!simple || !applies(rule, capabilities, machine)) continue;
    for (auto& [name, number] : newCalls) {
      if (number > known && contains(rule.names, name)) result.push_back(number);
    }
  }
  return result;
}

/// What stands before the library's program: calls that are newer than it are allowed if the
/// profile names them, and otherwise do not exist. EPERM would keep a C library from falling back
/// to older ones.
std::string newCallsPrefix(const std::vector<int>& allowed, int known, uint32_t token) {
  auto length = static_cast<uint8_t>(allowed.size());
  constexpr auto compare = [](uint16_t how) {
    return static_cast<uint16_t>(BPF_JMP | how | BPF_K);
  };
  std::vector<sock_filter> code;
  auto add = [&](uint16_t operation, uint8_t yes, uint8_t no, uint32_t value) {
    code.push_back({operation, yes, no, value});
  };
  add(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, arch));
  add(compare(BPF_JEQ), 0, static_cast<uint8_t>(length + 5), token);
  add(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr));
  add(compare(BPF_JGE), static_cast<uint8_t>(length + 3), 0, x32Bit);
  add(compare(BPF_JGT), 0, static_cast<uint8_t>(length + 2), static_cast<uint32_t>(known));
  for (int i = 0; i < length; i++) {
    add(compare(BPF_JEQ), static_cast<uint8_t>(length - i), 0, static_cast<uint32_t>(allowed[i]));
  }
  add(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSYS);
  add(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
  return std::string(reinterpret_cast<const char*>(code.data()), code.size() * sizeof(sock_filter));
}

}  // namespace

BpfProgram compileSeccomp(const SeccompProfile& profile, CapabilitySet capabilities) {
  Machine machine = thisMachine();
  Filter filter(actionWord(profile.otherwise));
  for (uint32_t other : machine.others) seccomp_arch_add(filter.context, other);
  seccomp_attr_set(filter.context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
  seccomp_attr_set(filter.context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM));
  for (auto& rule : profile.rules) {
    if (!applies(rule, capabilities, machine)) continue;
    for (auto& name : rule.names) addRule(filter, rule, name);
  }
  std::string program = exportProgram(filter);
  if (profile.otherwise.kind != SeccompAction::errno_) return program;
  int known = highestKnownCall();
  auto allowed = allowedNewCalls(profile, capabilities, machine, known);
  return newCallsPrefix(allowed, known, machine.token) + program;
}

}  // namespace stave::native
