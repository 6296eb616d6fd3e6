#include "kernel/plugin/plugin_instance.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include <cerrno>

#include "kernel/plugin/test_hostile.h"
#include "stave/error.h"
#include "stave/os/file.h"

namespace stave::plugin {
namespace {

struct PluginInstanceTest : ::testing::Test {
  ~PluginInstanceTest() noexcept override {}

  kj::Own<PluginInstance> launched(const std::string& more = "") {
    return launch(loop, hostilePlugin("serve", more), STAVE_TEST_HOST);
  }
  std::string nameOf(PluginInstance& instance) {
    return loop.wait(instance.host().describeRequest().send().then(
        [](auto&& response) { return std::string(response.getDescriptor().getName().cStr()); }));
  }

  Loop loop;
};

TEST_F(PluginInstanceTest, DescribesItselfFromAProcessOfItsOwn) {
  auto instance = launched();
  EXPECT_GT(instance->pid(), 0);
  EXPECT_EQ(nameOf(*instance), "hostile");
}

TEST_F(PluginInstanceTest, OrFromThisOne) {
  auto instance = launched("isolation = \"inline\"\n");
  EXPECT_EQ(instance->pid(), 0);
  EXPECT_EQ(nameOf(*instance), "hostile");
}

TEST_F(PluginInstanceTest, DestroyingItEndsAndReapsTheProcess) {
  auto instance = launched();
  auto pid = instance->pid();
  nameOf(*instance);
  instance = nullptr;
  EXPECT_EQ(waitpid(pid, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST_F(PluginInstanceTest, TellsHowItDied) {
  auto instance = launched();
  nameOf(*instance);
  ASSERT_GT(instance->pid(), 0);
  kill(instance->pid(), SIGTERM);
  EXPECT_EQ(loop.wait(instance->died()), "killed by signal 15");
}

TEST_F(PluginInstanceTest, ADeathBeforeAnybodyAskedIsToldToo) {
  auto instance = launched();
  nameOf(*instance);
  ASSERT_GT(instance->pid(), 0);
  kill(instance->pid(), SIGKILL);
  loop.wait(loop.timer().afterDelay(50 * kj::MILLISECONDS));
  EXPECT_EQ(loop.wait(instance->died()), "killed by signal 9");
}

TEST_F(PluginInstanceTest, AFileThatIsNoPluginIsTheHostsDeath) {
  auto config = hostilePlugin("serve");
  config.file = "/proc/self/status";
  auto instance = launch(loop, config, STAVE_TEST_HOST);
  EXPECT_EQ(loop.wait(instance->died()), "exited with status 1");
  config.isolation = schema::PluginSpec::Isolation::INLINE;
  EXPECT_ANY_THROW(launch(loop, config, STAVE_TEST_HOST));
}

TEST_F(PluginInstanceTest, AHostThatIsNotThereIsAnError) {
  auto attempt = [&]() { launch(loop, hostilePlugin("serve"), "/no/such/stave-host"); };
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions(attempt)) {
    EXPECT_NE(textOf(*exception).find("/no/such/stave-host"), std::string::npos);
  } else {
    FAIL() << "it was started";
  }
}

}  // namespace
}  // namespace stave::plugin
