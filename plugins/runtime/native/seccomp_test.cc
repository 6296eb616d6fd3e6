#include <errno.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <stave/error.h>
#include <stave/testing/temp_directory.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "seccomp_cache.h"

namespace stave::native {
namespace {

/// The error that a system call ends with under a filter; 0: it was allowed.
int errorUnder(const BpfProgram& program, std::function<long()> call) {
  pid_t pid = fork();
  if (pid == 0) {
    sock_fprog filter{static_cast<unsigned short>(program.size() / sizeof(sock_filter)),
                      reinterpret_cast<sock_filter*>(const_cast<char*>(program.data()))};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (syscall(SYS_seccomp, 1, 0, &filter) != 0) _exit(255);
    _exit(call() < 0 ? errno : 0);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return WEXITSTATUS(status);
}

BpfProgram compileDefault(CapabilitySet capabilities) {
  return compileSeccomp(parseSeccompText(defaultSeccompText()), capabilities);
}

CapabilitySet bit(const char* name) {
  return CapabilitySet{1} << capabilityNumber(name);
}

TEST(Seccomp, TheDefaultProfileAllowsOrdinaryCalls) {
  BpfProgram program = compileDefault(0);
  EXPECT_EQ(errorUnder(program, [] { return syscall(SYS_getppid); }), 0);
  EXPECT_EQ(errorUnder(program, [] { return syscall(SYS_unshare, 0x10000000); }), EPERM);
  EXPECT_EQ(errorUnder(program, [] { return syscall(SYS_personality, 8); }), 0);
  EXPECT_EQ(errorUnder(program, [] { return syscall(SYS_personality, 3); }), EPERM);
}

TEST(Seccomp, CapabilitiesOpenWhatTheyAreFor) {
  auto acct = [] { return syscall(SYS_reboot, 0, 0, 0, 0); };
  EXPECT_EQ(errorUnder(compileDefault(0), acct), EPERM);
  EXPECT_EQ(errorUnder(compileDefault(bit("SYS_BOOT")), acct), EINVAL);  // reached the kernel
}

TEST(Seccomp, NewNamespacesAreForAdministrators) {
  auto clone3 = [] { return syscall(SYS_clone3, nullptr, 0); };
  EXPECT_EQ(errorUnder(compileDefault(0), clone3), ENOSYS);
  EXPECT_EQ(errorUnder(compileDefault(bit("SYS_ADMIN")), clone3), EINVAL);
}

TEST(Seccomp, CallsOfTheFutureDoNotExist) {
  BpfProgram program = compileDefault(0);
  EXPECT_EQ(errorUnder(program, [] { return syscall(900); }), ENOSYS);
  EXPECT_NE(errorUnder(program, [] { return syscall(452, -1, "", 0, 0); }), ENOSYS);  // fchmodat2
}

TEST(Seccomp, EveryConditionIsRead) {
  auto profile = parseSeccompText(defaultSeccompText());
  size_t conditions = 0;
  size_t names = 0;
  for (auto& rule : profile.rules) {
    conditions += rule.conditions.size();
    names += rule.names.size();
  }
  EXPECT_EQ(conditions, 10u);
  EXPECT_GT(names, 400u);
  EXPECT_EQ(profile.otherwise, (SeccompAction{SeccompAction::errno_, 1}));
}

TEST(Seccomp, DockersNotationSaysTheSame) {
  auto profile = parseSeccompJson(R"({
    "defaultAction": "SCMP_ACT_ALLOW",
    "syscalls": [
      {"names": ["getppid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5},
      {"names": ["getpgid"], "action": "SCMP_ACT_ERRNO",
       "args": [{"index": 0, "value": 7, "op": "SCMP_CMP_EQ"}]},
      {"names": ["getsid"], "action": "SCMP_ACT_ERRNO",
       "excludes": {"caps": ["CAP_SYS_ADMIN"]}}]})");
  BpfProgram program = compileSeccomp(profile, bit("SYS_ADMIN"));
  EXPECT_EQ(errorUnder(program, [] { return syscall(SYS_getppid); }), 5);
  EXPECT_EQ(errorUnder(program, [] { return syscall(SYS_getpgid, 7); }), EPERM);
  EXPECT_EQ(errorUnder(program, [] { return syscall(SYS_getpgid, 0); }), 0);
  EXPECT_EQ(errorUnder(program, [] { return syscall(SYS_getsid, 0); }), 0);
}

TEST(Seccomp, WhatIsWrongInAProfileIsSaid) {
  auto errorOf = [](const char* text) -> std::string {
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&] { parseSeccompJson(text); })) {
      EXPECT_EQ(codeOf(*exception), ErrorCode::INVALID);
      return textOf(*exception);
    }
    return "";
  };
  EXPECT_NE(errorOf("{}").find("defaultAction"), std::string::npos);
  EXPECT_NE(errorOf("[]").find("not a JSON object"), std::string::npos);
  EXPECT_NE(errorOf(R"({"defaultAction": "SCMP_ACT_MAYBE"})").find("SCMP_ACT_MAYBE"),
            std::string::npos);
}

TEST(SeccompCache, ProgramsAreKept) {
  testing::TempDirectory directory;
  std::shared_ptr<const BpfProgram> first;
  {
    SeccompCache cache(directory / "seccomp");
    first = cache.get("", 1);
    EXPECT_EQ(cache.get("", 1), first);
    EXPECT_NE(*cache.get("", bit("SYS_ADMIN")), *first);
  }
  SeccompCache cache(directory / "seccomp");
  EXPECT_EQ(*cache.get("", 1), *first);
}

}  // namespace
}  // namespace stave::native
