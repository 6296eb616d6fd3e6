#include "kernel/plugin/config_check.h"

#include "kernel/plugin/test_hostile.h"

namespace stave::plugin {
namespace {

struct ConfigCheckTest : ::testing::Test {
  ~ConfigCheckTest() noexcept override {}

  /// Without those about the store, which is no file.
  std::vector<std::string> problems(const config::Config& config) {
    std::vector<std::string> found;
    for (auto& problem : checkConfig(loop, config)) {
      if (problem.find("store/unused") == std::string::npos) found.push_back(problem);
    }
    return found;
  }

  Loop loop;
};

TEST_F(ConfigCheckTest, StartsNothing) {
  EXPECT_TRUE(problems(hostileStack("exitAtStart")).empty());
  EXPECT_TRUE(problems(hostileStack("hangAtStart")).empty());
}

TEST_F(ConfigCheckTest, AMissingFileIsAProblem) {
  auto config = hostileStack("serve");
  auto all = checkConfig(loop, config);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].find("store/unused: test.toml:8: stack.store: there is no plug-in"), 0u)
      << all[0];
}

TEST_F(ConfigCheckTest, AFileThatIsNoPluginHasTheKeyThatNamesIt) {
  auto all = problems(hostileStack("serve", "file = \"/proc/self/status\"\n"));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(
      all[0],
      "volume/hostile: test.toml:14: volume.hostile.file: /proc/self/status cannot be loaded: "
      "its host exited with status 1");
}

TEST_F(ConfigCheckTest, WrongSettingsHaveTheirPlace) {
  auto all = problems(hostileStack("serve", "[volume.hostile.settings.extra]\nx = 1\n"));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].find("volume/hostile: test.toml:15: there is no field \"extra\""), 0u) << all[0];
  all = problems(hostileStack("serveWell"));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_NE(all[0].find("test.toml:11: behaviour: \"serveWell\""), std::string::npos) << all[0];
}

TEST_F(ConfigCheckTest, ASettingOutsideItsBoundsHasItsPlace) {
  auto all = problems(hostileStack("serve", "", "delay = \"20ms\"\n"));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0], "volume/hostile: test.toml:12: delay: must be at least 100 ms, not 20");
}

TEST_F(ConfigCheckTest, AFileOfAnotherPluginIsAProblem) {
  auto config = hostileStack("serve");
  for (auto& plugin : config.plugins) {
    if (plugin.kind == "volume") plugin.name = "gentle";
  }
  auto all = problems(config);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_NE(all[0].find("is the plug-in volume/hostile, not volume/gentle"), std::string::npos)
      << all[0];
}

}  // namespace
}  // namespace stave::plugin
