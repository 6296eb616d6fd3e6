#include "kernel/plugin/plugin_objects.h"

#include <functional>

#include "kernel/object/fake_store.h"
#include "kernel/object/object_store.h"
#include "kernel/plugin/test_hostile.h"

namespace stave::plugin {
namespace {

/// Over an object store of its own; the plug-in itself never runs.
struct PluginObjectsTest : ::testing::Test, Supervisor::Listener {
  PluginObjectsTest() { loop.wait(store.load()); }
  ~PluginObjectsTest() noexcept override {}

  void stateChanged(Supervisor&) override {}
  void described(capnp::List<capnp::schema::Node>::Reader) override {}
  schema::Broker::Client brokerFor(const config::PluginConfig&) override { return nullptr; }

  std::unique_ptr<Supervisor> skipped(const std::string& reason) {
    Limits limits{STAVE_TEST_HOST, 1500, 100, 300};
    auto config = hostilePlugin("serve", "grants = [\"content\"]\npolicy = \"fail\"\n");
    auto made = std::make_unique<Supervisor>(loop, config, limits, *this);
    made->skip(reason);
    return made;
  }
  void until(const std::function<bool()>& condition) {
    for (int i = 0; i < 1000 && !condition(); ++i) {
      loop.wait(loop.timer().afterDelay(2 * kj::MILLISECONDS));
    }
    ASSERT_TRUE(condition());
  }
  VersionPtr find(const std::string& name) { return store.cache().find({"Plugin", "", name}); }
  std::string reasonOf(const std::string& name) {
    auto found = find(name);
    if (found == nullptr || !found->object().hasStatus()) return "?";
    return found->object().getStatus().getAs<schema::PluginStatus>().getReason().cStr();
  }
  void create(const std::string& name) {
    auto request = client.commitRequest();
    auto change = request.initChanges(1)[0];
    change.initObject().initMetadata().setKind("Plugin");
    change.getObject().getMetadata().setName(name.c_str());
    loop.wait(request.send().ignoreResult());
  }

  Loop loop;
  testing::FakeStore fake;
  ObjectStore store{loop.timer(), fake.client(), "here"};
  schema::Objects::Client client = store.clientFor(Caller::unlimited("kernel"));
};

TEST_F(PluginObjectsTest, ShowsTheConfigurationAndTheState) {
  PluginObjects objects(client);
  auto plugin = skipped("no reason");
  objects.update(*plugin);
  until([&]() { return reasonOf("volume/hostile") == "no reason"; });
  auto object = find("volume/hostile")->object();
  auto spec = object.getSpec().getAs<schema::PluginSpec>();
  EXPECT_EQ(spec.getPolicy(), schema::PluginSpec::Policy::FAIL);
  EXPECT_STREQ(spec.getGrants()[0].cStr(), "content");
  EXPECT_EQ(spec.getDeadlineMs(), 1000u);
  auto status = object.getStatus().getAs<schema::PluginStatus>();
  EXPECT_EQ(status.getState(), schema::PluginStatus::State::SKIPPED);
  EXPECT_STREQ(status.getKind().cStr(), "volume");
}

TEST_F(PluginObjectsTest, TheNewestStateIsTheLastWritten) {
  PluginObjects objects(client);
  auto plugin = skipped("0");
  for (int i = 0; i < 20; ++i) {
    plugin->skip(std::to_string(i));
    objects.update(*plugin);
  }
  until([&]() { return reasonOf("volume/hostile") == "19"; });
  EXPECT_LE(fake.transactions, 4u) << "states in between are merged";
}

TEST_F(PluginObjectsTest, RemovesWhatIsNotInTheStack) {
  PluginObjects objects(client);
  auto plugin = skipped("x");
  objects.update(*plugin);
  until([&]() { return reasonOf("volume/hostile") == "x"; });
  create("network/old");
  loop.wait(objects.removeOthers({"volume/hostile"}));
  EXPECT_EQ(find("network/old"), nullptr);
  EXPECT_NE(find("volume/hostile"), nullptr);
}

}  // namespace
}  // namespace stave::plugin
