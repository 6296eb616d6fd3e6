#include "stave/os/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stave/loop.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stave/error.h"
#include "stave/os/file.h"

namespace stave::os {
namespace {

ChildProcess shell(Loop& loop, const std::string& script, SpawnOptions options = {}) {
  options.arguments = {"/bin/sh", "-c", script};
  return spawn(loop.port(), options);
}

TEST(ProcessTest, ExitStatus) {
  Loop loop;
  auto child = shell(loop, "exit 7");
  EXPECT_EQ(WEXITSTATUS(loop.wait(child.wait())), 7);
}

TEST(ProcessTest, StatusIsKeptUntilItIsAskedFor) {
  Loop loop;
  auto child = shell(loop, "exit 3");
  siginfo_t info;
  ASSERT_EQ(waitid(P_PID, child.pid(), &info, WEXITED | WNOWAIT), 0);
  loop.wait(loop.timer().afterDelay(10 * kj::MILLISECONDS));
  EXPECT_EQ(WEXITSTATUS(loop.wait(child.wait())), 3);
}

TEST(ProcessTest, SignalsReachIt) {
  Loop loop;
  auto child = shell(loop, "exec sleep 60");
  child.signal(SIGTERM);
  auto status = loop.wait(child.wait());
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGTERM);
  child.signal(SIGTERM);
}

TEST(ProcessTest, DescriptorsAreMappedAndOthersClosed) {
  Loop loop;
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  kj::AutoCloseFd read(ends[0]), write(ends[1]);
  SpawnOptions options;
  options.descriptors = {{write.get(), 1}, {write.get(), 5}};
  kj::AutoCloseFd inheritable(dup2(write.get(), 77));
  auto child =
      shell(loop, "test -e /proc/self/fd/5 && ! test -e /proc/self/fd/77 && echo mapped", options);
  write = nullptr;
  inheritable = nullptr;
  loop.wait(child.wait());
  EXPECT_EQ(readAll(read), "mapped\n");
}

TEST(ProcessTest, SignalMaskIsClean) {
  Loop loop;
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  kj::AutoCloseFd read(ends[0]), write(ends[1]);
  SpawnOptions options;
  options.descriptors = {{write.get(), 1}};
  auto child = shell(loop, "grep -E 'SigBlk|SigIgn' /proc/self/status", options);
  write = nullptr;
  loop.wait(child.wait());
  // Signals 32 and 33 belong to the C library and cannot be reset by posix_spawn.
  auto lines = readAll(read);
  EXPECT_EQ(lines.substr(0, 25), "SigBlk:\t0000000000000000\n");
  EXPECT_EQ(std::stoull(lines.substr(lines.find("SigIgn:\t") + 8), nullptr, 16) & 0x7fffffff, 0u);
}

TEST(ProcessTest, MissingProgram) {
  Loop loop;
  SpawnOptions options;
  options.arguments = {"/no/such/program"};
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { spawn(loop.port(), options); })) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::NOT_FOUND);
  } else {
    ADD_FAILURE() << "it should not have started";
  }
}

}  // namespace
}  // namespace stave::os
