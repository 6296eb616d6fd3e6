#include "stave/settings.h"

#include <capnp/message.h>
#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/schema/objects/pod.capnp.h>

namespace stave {
namespace {

struct SettingsTest : ::testing::Test {
  ~SettingsTest() noexcept override {}

  /// Each is a setting of one key, on the line of its index.
  capnp::List<schema::Setting>::Reader settings(
      std::initializer_list<std::pair<const char*, const char*>> values) {
    auto list = message.initRoot<schema::PluginHost::CheckParams>().initSettings(values.size());
    unsigned line = 0;
    for (auto& [key, json] : values) {
      auto setting = list[line++];
      setting.initKey(1).set(0, key);
      setting.setJson(json);
      setting.setFile("stack.toml");
      setting.setLine(line);
    }
    return list.asReader();
  }
  capnp::DynamicStruct::Builder target() { return bound.getRoot<schema::PodContainer>(); }
  template <typename Function>
  std::string errorOf(Function&& function) {
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { function(); })) {
      EXPECT_EQ(codeOf(*exception), ErrorCode::INVALID);
      return textOf(*exception);
    }
    return "";
  }

  capnp::MallocMessageBuilder message, bound;
};

TEST_F(SettingsTest, AreBoundToTheirFields) {
  bindSettings(settings({{"image", "\"busybox\""}, {"shmSize", "\"2k\""}}), target());
  auto read = bound.getRoot<schema::PodContainer>();
  EXPECT_EQ(read.getImage(), "busybox");
  EXPECT_EQ(read.getShmSize(), 2048u);
}

TEST_F(SettingsTest, AnUnknownKeyHasItsPlace) {
  auto list = settings({{"image", "\"busybox\""}, {"comand", "[]"}});
  EXPECT_EQ(errorOf([&]() { bindSettings(list, target()); }),
            "stack.toml:2: there is no field \"comand\"; did you mean \"command\"?");
}

TEST_F(SettingsTest, AValueOutsideItsBoundsHasItsPlace) {
  auto list = settings({{"image", "\"busybox\""}, {"oomScoreAdj", "2000"}});
  EXPECT_EQ(errorOf([&]() { bindSettings(list, target()); }),
            "stack.toml:2: oomScoreAdj: must be at most 1000, not 2000");
}

TEST_F(SettingsTest, NoneAreTakenWhereThereIsNoStruct) {
  EXPECT_EQ(errorOf([&]() { refuseSettings(settings({})); }), "");
  EXPECT_EQ(errorOf([&]() {
              refuseSettings(settings({{"image", "1"}}));
            }),
            "stack.toml:1: image: this plug-in has no settings");
}

}  // namespace
}  // namespace stave
