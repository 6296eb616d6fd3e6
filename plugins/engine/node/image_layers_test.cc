#include "image_layers.h"

#include "engine_fixture.h"

namespace stave::node {
namespace {

using ImagePhase = schema::ImageStatus::Phase;
using testing::FakeObjects;

struct ImageLayersTest : EngineTest {
  ~ImageLayersTest() noexcept override {}

  FakeObjects::Name debian{"Image", "docker.io/library/debian:12"};
  FakeObjects::Name tools{"Image", "docker.io/library/tools:1"};

  ImageLayersTest() { world->references[tools.name] = world->references[debian.name]; }

  void want(const FakeObjects::Name& image, ImagePhase phase) {
    objects.create<schema::ImageSpec>(image, [](auto) {});
    auto reached = [&]() {
      auto object = objects.find(image);
      auto status = KJ_ASSERT_NONNULL(object).getStatus().getAs<schema::ImageStatus>();
      return status.getPhase() == phase;
    };
    until(reached, "the image's phase");
  }
  void untilNoLayers() {
    until([&]() { return world->layers.empty(); }, "the layers' removal");
  }
};

TEST_F(ImageLayersTest, WhatAFailedPullUnpackedIsRemoved) {
  script->loseAnswer("unpack", 1);
  start();
  want(debian, ImagePhase::FAILED);
  EXPECT_EQ(script->calls("unpack"), 1u);
  untilNoLayers();
}

TEST_F(ImageLayersTest, AFailureNamesImageAndLayer) {
  script->fail("unpack", 1, makeError(ErrorCode::INVALID, "gzip data ends in the middle"));
  start();
  want(debian, ImagePhase::FAILED);
  auto object = objects.find(debian);
  auto status = KJ_ASSERT_NONNULL(object).getStatus().getAs<schema::ImageStatus>();
  EXPECT_EQ(status.getCode(), ErrorCode::INVALID);
  auto message = text(status.getMessage());
  EXPECT_EQ(message.rfind("image " + debian.name + ": layer sha256:", 0), 0u) << message;
  EXPECT_NE(message.find(": gzip data ends in the middle"), std::string::npos) << message;
}

TEST_F(ImageLayersTest, WhatAnotherImageNeedsStaysAfterAFailedPull) {
  script->loseAnswer("hasLayer", 2);
  start();
  want(debian, ImagePhase::READY);
  want(tools, ImagePhase::FAILED);
  testing::runFor(loop, 50 * kj::MILLISECONDS);
  EXPECT_EQ(world->layers.size(), 1u);
  objects.remove(debian);
  untilNoLayers();
}

TEST_F(ImageLayersTest, WhatAnotherPullNeedsStaysAfterAFailedOne) {
  script->delay("hasLayer", 1, 200 * kj::MILLISECONDS);
  script->loseAnswer("unpack", 1);
  start();
  objects.create<schema::ImageSpec>(debian, [](auto) {});
  until([&]() { return script->calls("hasLayer") == 1; }, "the first pull");
  want(tools, ImagePhase::FAILED);
  testing::runFor(loop, 50 * kj::MILLISECONDS);
  EXPECT_EQ(world->layers.size(), 1u) << "the first pull, which goes on, may have seen it";
}

}  // namespace
}  // namespace stave::node
