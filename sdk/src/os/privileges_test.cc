#include "stave/os/privileges.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "stave/error.h"
#include "stave/os/file.h"

namespace stave::os {
namespace {

/// Runs `check` in a child, because what it gives up does not come back; its result is the exit
/// status.
int inChild(int (*check)()) {
  pid_t child = fork();
  if (child == 0) _exit(check());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(PrivilegesTest, NamesInAnySpelling) {
  EXPECT_EQ(capabilityNumber("NET_ADMIN"), 12);
  EXPECT_EQ(capabilityNumber("cap_net_admin"), 12);
  EXPECT_EQ(capabilityNumber("CHECKPOINT_RESTORE"), 40);
  EXPECT_EQ(capabilityNumber("NET_ADMINS"), -1);
  EXPECT_EQ(capabilityName(0), "CHOWN");
  EXPECT_EQ(capabilityName(62), "62");
}

TEST(PrivilegesTest, SetOfNames) {
  EXPECT_EQ(capabilitySet({}), 0u);
  EXPECT_EQ(capabilitySet({"CHOWN", "KILL"}), 0b100001u);
  EXPECT_EQ(capabilitySet({"all"}) >> lastCapability(), 1u);
  EXPECT_THROW(capabilitySet({"FLY"}), kj::Exception);
}

TEST(PrivilegesTest, KeepsOnlyWhatItIsTold) {
  EXPECT_EQ(inChild([]() {
              keepCapabilities(capabilitySet({"CHOWN"}));
              auto status = readFile("/proc/self/status");
              bool effective = status.find("CapEff:\t0000000000000001\n") != std::string::npos;
              bool bounding = status.find("CapBnd:\t0000000000000001\n") != std::string::npos;
              bool noNew = status.find("NoNewPrivs:\t1") != std::string::npos;
              return effective && bounding && noNew ? 0 : 1;
            }),
            0);
}

TEST(PrivilegesTest, NetworkIsEmpty) {
  EXPECT_EQ(inChild([]() {
              leaveNetwork();
              return readFile("/proc/self/net/route").find("eth") == std::string::npos &&
                             listDirectory("/proc/self/net").size() > 0
                         ? 0
                         : 1;
            }),
            0);
}

TEST(PrivilegesTest, DangerousCallsAreRefusedAndOthersNot) {
  EXPECT_EQ(inChild([]() {
              keepCapabilities(0);
              refuseDangerousCalls();
              if (syscall(SYS_delete_module, "none", 0) != -1 || errno != EPERM) return 1;
              if (syscall(SYS_ptrace, 0, 0, 0, 0) != -1 || errno != EPERM) return 2;
              return getpid() > 0 ? 0 : 3;
            }),
            0);
}

}  // namespace
}  // namespace stave::os
