#include "housekeeping.h"

#include "engine_fixture.h"

namespace stave::node {
namespace {

using Words = std::vector<std::string>;

bool fits(const Words& wanted) {
  capnp::MallocMessageBuilder message;
  auto labels = message.initRoot<schema::Metadata>().initLabels(2);
  labels[0].setKey("tier");
  labels[0].setValue("web");
  labels[1].setKey("bare");
  capnp::MallocMessageBuilder list;
  auto words = list.initRoot<capnp::AnyPointer>().initAs<capnp::List<capnp::Text>>(wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) words.set(i, wanted[i].c_str());
  return labelsFit(message.getRoot<schema::Metadata>(), words);
}

TEST(LabelsFit, AllConditionsMustHold) {
  EXPECT_TRUE(fits({}));
  EXPECT_TRUE(fits({"tier"}));
  EXPECT_TRUE(fits({"tier=web", "bare", "bare="}));
  EXPECT_FALSE(fits({"tier=web", "absent"}));
  EXPECT_FALSE(fits({"tier=we"}));
  EXPECT_FALSE(fits({"bare=x"}));
}

TEST(LabelsFit, AnExclamationMarkTurnsItRound) {
  EXPECT_TRUE(fits({"!absent"}));
  EXPECT_FALSE(fits({"!tier"}));
  EXPECT_FALSE(fits({"!tier=web"}));
  EXPECT_TRUE(fits({"!tier=db"}));
}

struct Housekeeping : EngineTest {
  ~Housekeeping() noexcept override {}
  void SetUp() override {
    start();
    create("web");
    until("web", Phase::RUNNING);
  }

  Words prune(kj::Function<void(schema::PruneWhat::Builder)> fill) {
    auto request = KJ_ASSERT_NONNULL(service).pruneRequest();
    fill(request.initWhat());
    auto response = testing::wait(loop, request.send().dropPipeline());
    Words removed;
    for (auto each : response.getRemoved()) removed.push_back(text(each));
    return removed;
  }
  void stopPod(const char* name) {
    desire(name, schema::PodSpec::Desired::STOPPED);
    until(name, Phase::STOPPED);
  }
  int64_t createdAt(const char* name) {
    return KJ_ASSERT_NONNULL(objects.find({"Pod", name})).getMetadata().getCreated();
  }
};

TEST_F(Housekeeping, ARunningPodAndItsImageStay) {
  auto removed = prune([](auto what) {
    what.setPods(true);
    what.setAllImages(true);
    what.setNetworks(true);
    what.setAllVolumes(true);
  });
  EXPECT_EQ(removed, Words{});
}

TEST_F(Housekeeping, OnlyWhatWasAskedForGoes) {
  stopPod("web");
  EXPECT_EQ(prune([](auto what) { what.setAllImages(true); }), Words{})
      << "a stopped pod needs its image";
  EXPECT_EQ(prune([](auto what) { what.setPods(true); }), Words{"Pod/default/web"});
  untilGone("web");
  EXPECT_EQ(prune([](auto what) { what.setImages(true); }), Words{}) << "it has a name";
  EXPECT_EQ(prune([](auto what) { what.setAllImages(true); }),
            Words{"Image/docker.io/library/debian:12"});
}

TEST_F(Housekeeping, TimeAndLabelsChoose) {
  stopPod("web");
  auto created = createdAt("web");
  EXPECT_EQ(prune([&](auto what) {
              what.setPods(true);
              what.setUntil(created);
            }),
            Words{});
  EXPECT_EQ(prune([](auto what) {
              what.setPods(true);
              what.initLabels(1).set(0, "tier");
            }),
            Words{});
  EXPECT_EQ(prune([&](auto what) {
              what.setPods(true);
              what.setUntil(created + 1);
              what.initLabels(1).set(0, "!tier");
            }),
            Words{"Pod/default/web"});
}

TEST_F(Housekeeping, CountsWhatIsThereAndWhatIsInUse) {
  auto usage = [this]() {
    auto request = KJ_ASSERT_NONNULL(service).diskUsageRequest();
    return testing::wait(loop, request.send().dropPipeline());
  };
  auto running = usage();
  EXPECT_EQ(running.getUsage().getContainers().getActive(), 1u);
  EXPECT_EQ(running.getUsage().getImages().getActive(), 1u);
  stopPod("web");
  auto stopped = usage();
  EXPECT_EQ(stopped.getUsage().getContainers().getCount(), 1u);
  EXPECT_EQ(stopped.getUsage().getContainers().getActive(), 0u);
  ASSERT_EQ(stopped.getUsage().getContainerList().size(), 1u);
  EXPECT_STREQ(stopped.getUsage().getContainerList()[0].getName().cStr(), "default/web/main");
}

}  // namespace
}  // namespace stave::node
