#include "kernel/plugin/plugin_file.h"

#include "kernel/plugin/test_hostile.h"
#include "stave/error.h"

namespace stave::plugin {
namespace {

config::PluginConfig volumeDriver(const std::string& name, const std::string& more = "") {
  auto text = std::string("[plugins]\ndirectory = \"") + STAVE_TEST_PLUGINS +
              "\"\n[stack]\nstore = \"unused\"\nvolume = \"" + name + "\"\n" + more;
  auto stack = config::interpret(config::parseToml(text, "test.toml"), STAVE_TEST_BIN);
  for (auto& plugin : stack.plugins) {
    if (plugin.kind == "volume") return plugin;
  }
  throw std::runtime_error("the stack has no volume driver");
}

std::string errorOf(const config::PluginConfig& config) {
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { requirePluginFile(config); })) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::NOT_FOUND);
    return textOf(*exception);
  }
  return "";
}

TEST(PluginFileTest, OneThatIsThereIsFine) {
  EXPECT_EQ(errorOf(volumeDriver("hostile")), "");
}

TEST(PluginFileTest, AMistypedNameHasItsKeyWhereItWasSoughtAndTheNearest) {
  EXPECT_EQ(errorOf(volumeDriver("hostlie")),
            std::string("test.toml:5: stack.volume: there is no plug-in volume/hostlie: ") +
                STAVE_TEST_PLUGINS +
                "/volume-hostlie.so does not exist; did you mean \"hostile\"?");
}

TEST(PluginFileTest, WithNoneNearThoseOfTheKindAreNamed) {
  auto error = errorOf(volumeDriver("nfs"));
  EXPECT_NE(error.find("; there are: hostile"), std::string::npos) << error;
}

TEST(PluginFileTest, AFileThatWasNamedHasTheKeyThatNamesIt) {
  auto error = errorOf(volumeDriver("mine", "[volume.mine]\nfile = \"/no/such/mine.so\"\n"));
  EXPECT_EQ(error,
            "test.toml:7: volume.mine.file: there is no plug-in volume/mine: /no/such/mine.so does "
            "not exist; that directory has no plug-in of the kind volume");
}

}  // namespace
}  // namespace stave::plugin
