// How pods go, by the whole engine on fake drivers.

#include "engine_fixture.h"

namespace stave::node {
namespace {

TEST_F(EngineTest, RemovesADeletedPod) {
  start();
  create("web");
  until("web", Phase::RUNNING);
  objects.remove({"Pod", "web"});
  untilGone("web");
  expectNothingLeft();
}

TEST_F(EngineTest, RemovesWhatIsToGoWhenDone) {
  start();
  create("once", [](auto spec) { spec.setRemoveWhenDone(true); });
  until("once", Phase::RUNNING);
  world->exit(uid("once"), 0);
  untilGone("once");
  expectNothingLeft();
}

TEST_F(EngineTest, WhatGoesWhenDoneTellsItsExitFirst) {
  start();
  create("once", [](auto spec) { spec.setRemoveWhenDone(true); });
  until("once", Phase::RUNNING);
  script->fail("remove", 1, makeError(ErrorCode::UNAVAILABLE, "not now"));
  world->exit(uid("once"), 7);
  auto pod = until("once", Phase::STOPPED);
  EXPECT_EQ(pod.getContainers()[0].getExitCode(), 7);
  change("once", [](auto spec) { spec.setRestart(1); });
  untilGone("once");
  EXPECT_EQ(world->starts, 1u) << "it is going already";
  expectNothingLeft();
}

TEST_F(EngineTest, MakesAnonymousVolumesAndRemovesThemWithThePod) {
  world->references["docker.io/library/db:latest"] =
      world->addImage(fakeConfig(R"({"Cmd":["db"],"Volumes":{"/data":{}}})"));
  start();
  create("db", [](auto spec) {
    spec.getContainers()[0].setImage("db");
    spec.setRemoveWhenDone(true);
  });
  auto pod = until("db", Phase::RUNNING);
  ASSERT_EQ(pod.getContainers()[0].getVolumes().size(), 1u);
  EXPECT_TRUE(pod.getContainers()[0].getVolumes()[0].getAnonymous());
  EXPECT_EQ(world->volumes.size(), 1u);
  world->exit(uid("db"), 0);
  untilGone("db");
  until([&]() { return world->volumes.empty(); }, "the volume's removal");
}

}  // namespace
}  // namespace stave::node
