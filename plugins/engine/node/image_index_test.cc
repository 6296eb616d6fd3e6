#include "image_index.h"

#include <stave/schema/objects/image.capnp.h>

#include "engine_fixture.h"

namespace stave::node {
namespace {

std::string digestOf(char digit) {
  return "sha256:" + std::string(64, digit);
}

struct Index : EngineTest {
  Environment environment = newEnvironment();
  Mirror mirror{environment, "Image"};
  ImageIndex index{mirror};
  kj::Promise<void> mirroring = nullptr;

  Index() {
    kj::Promise<void> running = mirror.run();
    mirroring = running.eagerlyEvaluate(nullptr);
  }
  ~Index() noexcept override {}

  void add(const std::string& name, const std::string& config, const std::string& manifest,
           const std::string& repoDigest = "") {
    objects.create<schema::ImageSpec>({"Image", name}, [](auto) {});
    objects.write(schema::Change::Op::STATUS, {"Image", name}, [&](auto object) {
      auto status = object.getStatus().template initAs<schema::ImageStatus>();
      status.setConfigDigest(config.c_str());
      status.setManifestDigest(manifest.c_str());
      status.setRepoDigest(repoDigest.c_str());
      status.initLayers(1)[0].setChainId("sha256:chain");
      status.setConfig(fakeConfig(R"({"Cmd":["bash"]})").c_str());
    });
    until([&]() { return index.ready(name) != nullptr; }, "the image");
  }
  ErrorCode refusal(const std::string& reference) {
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { index.resolve(reference); })) {
      return codeOf(*exception);
    }
    ADD_FAILURE() << reference << " was resolved";
    return ErrorCode::INTERNAL;
  }
};

constexpr const char* debian = "docker.io/library/debian:12";

TEST_F(Index, KnowsAnImageByAllItsNames) {
  add(debian, digestOf('a'), digestOf('b'), "docker.io/library/debian@" + digestOf('b'));
  for (auto reference :
       {std::string(debian), std::string("debian:12"), digestOf('a'), digestOf('b'),
        std::string("aaaa"), std::string("sha256:aaaaaa"), "debian@" + digestOf('b')}) {
    EXPECT_EQ(index.resolve(reference), debian) << reference;
  }
}

TEST_F(Index, SaysWhatItIsNot) {
  add(debian, digestOf('a'), digestOf('b'));
  EXPECT_EQ(refusal("debian:11"), ErrorCode::NOT_FOUND);
  EXPECT_EQ(refusal("cccc"), ErrorCode::NOT_FOUND);
  EXPECT_EQ(refusal(digestOf('c')), ErrorCode::NOT_FOUND);
  EXPECT_EQ(refusal("Not A Reference"), ErrorCode::INVALID);
}

TEST_F(Index, ABeginningThatFitsSeveralIsAConflict) {
  auto another = digestOf('a');
  another.back() = 'f';
  add(debian, digestOf('a'), digestOf('b'));
  add("docker.io/library/busybox:1", another, digestOf('d'));
  EXPECT_EQ(refusal("aaaa"), ErrorCode::CONFLICT);
  EXPECT_EQ(index.resolve(another), "docker.io/library/busybox:1");
}

TEST_F(Index, TwoNamesOfOneImageAreNoConflict) {
  add("docker.io/library/a:1", digestOf('a'), digestOf('b'));
  add("docker.io/library/b:1", digestOf('a'), digestOf('b'));
  EXPECT_EQ(index.resolve("aaaa"), "docker.io/library/a:1");
}

TEST_F(Index, WhatIsWantedNeedNotBeHere) {
  add(debian, digestOf('a'), digestOf('b'));
  EXPECT_EQ(index.wanted("aaaa"), debian);
  EXPECT_EQ(index.wanted("busybox"), "docker.io/library/busybox:latest");
}

TEST_F(Index, GivesWhatRunningAnImageNeeds) {
  add(debian, digestOf('a'), digestOf('b'));
  auto image = index.ready(debian);
  EXPECT_EQ(image->chainId, "sha256:chain");
  EXPECT_EQ(image->config.run.command, std::vector<std::string>{"bash"});
  EXPECT_EQ(index.byId(digestOf('a')), image);
  EXPECT_EQ(index.byId(digestOf('c')), nullptr);
}

TEST_F(Index, AnImageThatIsRemovedIsForgotten) {
  add(debian, digestOf('a'), digestOf('b'));
  objects.remove({"Image", debian});
  until([&]() { return index.ready(debian) == nullptr; }, "the removal");
  EXPECT_EQ(refusal("debian:12"), ErrorCode::NOT_FOUND);
}

TEST_F(Index, OneThatIsStillPulledIsNotReady) {
  objects.create<schema::ImageSpec>({"Image", debian}, [](auto) {});
  until([&]() { return index.object(debian) != nullptr; }, "the object");
  EXPECT_EQ(index.ready(debian), nullptr);
  EXPECT_EQ(index.resolve("debian:12"), debian);
}

}  // namespace
}  // namespace stave::node
