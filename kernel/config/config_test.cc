#include "kernel/config/config.h"

#include <gtest/gtest.h>

#include "stave/error.h"
#include "stave/os/file.h"

namespace stave::config {
namespace {

Config from(const std::string& text) {
  return interpret(parseToml(text, "x.toml"), "/opt/bin");
}

std::string errorOf(const std::string& text) {
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { from(text); })) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::INVALID);
    return textOf(*exception);
  }
  return "";
}

const std::string least = "[stack]\nstore = \"memory\"\n";

TEST(ConfigTest, DefaultsAreFilledIn) {
  auto config = from(least);
  ASSERT_EQ(config.plugins.size(), 1u);
  EXPECT_EQ(config.plugins[0].fullName(), "store/memory");
  EXPECT_EQ(config.plugins[0].file, "/opt/bin/../lib/stave/store-memory.so");
  EXPECT_EQ(config.plugins[0].isolation, schema::PluginSpec::Isolation::PROCESS);
  EXPECT_EQ(config.socketPath(), "/run/stave/stave.sock");
}

TEST(ConfigTest, ListsKeepTheirOrder) {
  auto config = from(least + "network = [\"bridge\", \"none\"]\n");
  EXPECT_EQ(config.plugins[0].name, "bridge");
  EXPECT_EQ(config.plugins[1].name, "none");
}

TEST(ConfigTest, PluginsTableAndSettings) {
  auto config =
      from(least +
           "[store.memory]\nisolation = \"inline\"\ngrants = [\"events\"]\ndeadline = \"5s\"\n"
           "[store.memory.settings]\nretain = 7\ndeep.er = true\n");
  auto& plugin = config.plugins[0];
  EXPECT_EQ(plugin.isolation, schema::PluginSpec::Isolation::INLINE);
  EXPECT_EQ(plugin.grants, std::vector<std::string>{"events"});
  EXPECT_EQ(plugin.deadlineMs, 5000u);
  ASSERT_EQ(plugin.settings.size(), 2u);
  EXPECT_EQ(plugin.settings[0].key, (std::vector<std::string>{"deep", "er"}));
  EXPECT_EQ(plugin.settings[1].json, "7");
  EXPECT_EQ(plugin.settings[1].line, 8u);
}

TEST(ConfigTest, UnknownKeysNameTheNearest) {
  EXPECT_EQ(errorOf(least + "[daemon]\nrot = \"/x\"\n").find("x.toml:4:"), 0u);
  EXPECT_NE(errorOf(least + "[daemon]\nrot = \"/x\"\n").find("root"), std::string::npos);
  EXPECT_NE(errorOf(least + "[deamon]\nroot = \"/x\"\n").find("\"daemon\""), std::string::npos);
  EXPECT_NE(errorOf(least + "[store.memory]\nisolaton = \"inline\"\n").find("isolation"),
            std::string::npos);
}

TEST(ConfigTest, WrongTypesAndValues) {
  EXPECT_NE(errorOf(least + "[daemon]\nroot = 5\n").find("x.toml:4"), std::string::npos);
  EXPECT_NE(errorOf(least + "[plugins]\nisolation = \"jail\"\n").find("jail"), std::string::npos);
  EXPECT_NE(errorOf("[stack]\nstore = 5\n").find("expected a plug-in's name"), std::string::npos);
  EXPECT_NE(errorOf(least + "x = [1]\n").find("expected a plug-in's name"), std::string::npos);
}

TEST(ConfigTest, BrokenTomlHasLineAndColumn) {
  EXPECT_EQ(errorOf("[stack\nstore = 1").find("x.toml:1:"), 0u);
}

TEST(ConfigTest, StackMustHaveOneStore) {
  EXPECT_EQ(errorOf("[daemon]\n").find("x.toml: there is no [stack]"), 0u);
  auto none = errorOf("[stack]\nnetwork = \"none\"\n");
  EXPECT_EQ(none.find("x.toml:2: [stack] must name exactly one store"), 0u) << none;
  auto two = errorOf("[stack]\nstore = [\"memory\", \"sqlite\"]\n");
  EXPECT_EQ(two.find("x.toml:2: [stack] must name exactly one store"), 0u) << two;
}

TEST(ConfigTest, StackNamesEachPluginOnceAndByAFileName) {
  auto twice = errorOf(least + "network = [\"none\", \"none\"]\n");
  EXPECT_EQ(twice, "x.toml:3: stack.network: \"none\" is there twice");
  auto path = errorOf(least + "network = \"../none\"\n");
  EXPECT_EQ(path.find("x.toml:3: stack.network: \"../none\" is no name for a plug-in"), 0u) << path;
}

TEST(ConfigTest, FallbackMustBeAnotherOfTheKind) {
  auto error = errorOf(least + "[store.memory]\npolicy = \"fallback\"\nfallback = \"memory\"\n");
  EXPECT_EQ(error.find("x.toml:5: [store.memory]: fallback = \"memory\""), 0u) << error;
  error = errorOf(least + "[store.memory]\npolicy = \"fallback\"\n");
  EXPECT_EQ(error.find("x.toml:4: [store.memory]: fallback = \"\""), 0u) << error;
}

TEST(ConfigTest, TheDefaultIsTheFileThatShips) {
  EXPECT_EQ(defaultConfig(), os::readFile(std::string(STAVE_SOURCE) + "/config/single.toml"));
  EXPECT_GT(from(std::string(defaultConfig())).plugins.size(), 5u);
}

TEST(ConfigTest, ShippedStacksAreGood) {
  for (auto name : {"single.toml", "minimal.toml"}) {
    EXPECT_NO_THROW(interpret(readToml(std::string(STAVE_SOURCE) + "/config/" + name), "/opt/bin"))
        << name;
  }
}

TEST(ConfigTest, DifferencesThatNeedARestart) {
  auto differences =
      differencesOutsidePlugins(from(least), from(least + "[daemon]\nroot = \"/x\"\n"));
  ASSERT_EQ(differences.size(), 1u);
  EXPECT_EQ(differences[0], "x.toml:4: daemon.root");
  EXPECT_TRUE(differencesOutsidePlugins(from(least), from(least)).empty());
}

}  // namespace
}  // namespace stave::config
