#include "groundwork.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stave/testing/temp_directory.h>
#include <stave/testing/test_context.h>
#include <stave/testing/wait.h>
#include <sys/wait.h>

#include "programs.h"

namespace stave::native {
namespace {

/// A directory in place of a hierarchy of cgroups, and the real monitor.
struct GroundworkTest : ::testing::Test {
  ~GroundworkTest() noexcept override {}

  GroundworkTest() {
    os::makeDirectories(directory / "cgroup/pids");
    os::replaceFile(directory / "cgroup/pids/cgroup.procs", "");
    place.begin("top/one");
    machinery.reset(new Machinery{openCgroups(directory / "cgroup"),
                                  SeccompCache(directory / "seccomp"),
                                  findProgram("", "stave-monitor")});
  }

  kj::Promise<Groundwork> lay() {
    return layGroundwork(context, machinery, place, "top/one").promise();
  }

  Loop loop;
  testing::TempDirectory directory{"groundwork"};
  testing::TestContext context{loop, directory.path()};
  RunDirectory place{directory / "containers/one"};
  std::shared_ptr<Machinery> machinery;
};

TEST_F(GroundworkTest, EverythingIsThereAndTheMonitorWaits) {
  auto groundwork = testing::wait(loop, lay());
  EXPECT_TRUE(os::exists(directory / "cgroup/pids/top/one"));
  EXPECT_EQ(readStatus(place.openStatus()).phase, plan::Phase::creating);
  pid_t pid = groundwork.monitor.watch->pid();
  testing::runFor(loop, 20 * kj::MILLISECONDS);
  EXPECT_EQ(kill(pid, 0), 0);
  kj::Promise<void> dismissing = dismiss(kj::mv(groundwork.monitor));
  testing::wait(loop, kj::mv(dismissing));
  EXPECT_NE(kill(pid, 0), 0) << "it is gone, and reaped";
}

TEST_F(GroundworkTest, WithoutACgroupThereIsNoMonitor) {
  os::replaceFile(directory / "cgroup/pids/top", "a file where a group should be");
  auto failure = testing::failureOf(loop, lay());
  ASSERT_TRUE(failure != nullptr);
  siginfo_t child{};
  EXPECT_NE(waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT), 0) << "no child is left";
}

TEST_F(GroundworkTest, AMissingMonitorFailsIt) {
  machinery->monitorProgram = directory / "none";
  EXPECT_EQ(testing::codeOfFailure(loop, lay()), ErrorCode::NOT_FOUND);
}

}  // namespace
}  // namespace stave::native
