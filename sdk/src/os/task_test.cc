#include <gtest/gtest.h>
#include <signal.h>
#include <stave/error.h>
#include <stave/os/process.h>
#include <stave/os/task.h>
#include <sys/wait.h>
#include <unistd.h>

namespace stave::os {
namespace {

TEST(Task, aProcessIsKnownByItsStart) {
  EXPECT_GT(startTicks(getpid()), 0u);
  EXPECT_EQ(startTicks(0x3fffffff), 0u);
  EXPECT_GE(startTicks(getpid()), startTicks(getppid()));
}

TEST(Task, aSignalReachesOnlyTheLiving) {
  pid_t pid = fork();
  if (pid == 0) {
    pause();
    _exit(0);
  }
  Fd pidfd = openPidfd(pid);
  EXPECT_TRUE(signalPidfd(pidfd, SIGKILL));
  int status = 0;
  waitpid(pid, &status, 0);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  EXPECT_FALSE(signalPidfd(pidfd, SIGKILL));
}

TEST(Task, anUnknownSignalIsInvalid) {
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([] { signalProcess(getpid(), 999); })) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::INVALID);
  } else {
    FAIL();
  }
}

TEST(Task, aMemoryFileIsReadFromItsBeginning) {
  Fd file = memoryFile("test", "content");
  char data[16];
  EXPECT_EQ(readStart(file, data, sizeof(data)), 7u);
  EXPECT_EQ(readAll(file), "content");
}

TEST(Task, onlyDevicesAreDevices) {
  EXPECT_EQ(deviceFile("/dev/null").major, 1u);
  EXPECT_EQ(deviceFile("/dev/null").minor, 3u);
  EXPECT_EQ(deviceFile("/etc").mode, 0u);
}

}  // namespace
}  // namespace stave::os
