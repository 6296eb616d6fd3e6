#include <gtest/gtest.h>

#include "registry_fixture.h"

/// The `registry` contract. What is said here is said of any place that images come from; a place
/// to push to and pull from is what RegistryPlace finds.
namespace stave::conformance {

TEST(RegistryConformance, NormalFormIsStable) {
  RegistryPlace place;
  std::string once = place.normalize(place.reference("one"));
  EXPECT_EQ(place.normalize(once), once);
}

TEST(RegistryConformance, WhatIsNoReferenceIsInvalid) {
  RegistryPlace place;
  for (std::string text : {"", "::", "UPPER CASE/with space", "a@sha256:12"}) {
    EXPECT_EQ(failureOf(place.startNormalize(text)), ErrorCode::INVALID) << text;
    EXPECT_EQ(failureOf(place.startPull(text)), ErrorCode::INVALID) << text;
  }
}

TEST(RegistryConformance, PushOfWhatIsNotInContentIsNotFound) {
  RegistryPlace place;
  EXPECT_EQ(failureOf(place.startPush(image::digestOf("nothing"), place.reference("one"))),
            ErrorCode::NOT_FOUND);
}

TEST(RegistryConformance, WhatWasPushedIsPulled) {
  RegistryPlace place;
  auto image = place.makeImage({"one", "two", "three"});
  place.push(image.digest, place.reference("one"));
  place.forgetAll(image);
  EXPECT_EQ(place.pull(place.reference("one")), image.configDigest);
  for (auto& layer : image.layers) EXPECT_TRUE(place.content().has(layer)) << layer;
}

TEST(RegistryConformance, ResolvingFetchesNoLayers) {
  RegistryPlace place;
  auto image = place.makeImage({"one", "two"});
  place.push(image.digest, place.reference("one"));
  place.forgetAll(image);
  EXPECT_EQ(place.resolve(place.reference("one")), image.configDigest);
  for (auto& layer : image.layers) EXPECT_FALSE(place.content().has(layer)) << layer;
}

TEST(RegistryConformance, SinkHearsOnceBeforeTheEnd) {
  RegistryPlace place;
  auto image = place.makeImage({"one", "two"});
  place.push(image.digest, place.reference("one"));
  place.forgetAll(image);
  auto heard = std::make_shared<std::vector<std::string>>();
  place.pull(place.reference("one"), heard);
  EXPECT_EQ(*heard, std::vector<std::string>{image.configDigest});
}

TEST(RegistryConformance, PullingTwiceIsPullingOnce) {
  RegistryPlace place;
  auto image = place.makeImage({"one"});
  place.push(image.digest, place.reference("one"));
  EXPECT_EQ(place.pull(place.reference("one")), place.pull(place.reference("one")));
}

TEST(RegistryConformance, PullsAtTheSameTime) {
  RegistryPlace place;
  auto image = place.makeImage({std::string(100'000, 'x'), std::string(100'000, 'y')});
  place.push(image.digest, place.reference("one"));
  place.forgetAll(image);
  auto first = place.startPull(place.reference("one"));
  auto second = place.startPull(place.reference("one"));
  wait(kj::mv(first));
  wait(kj::mv(second));
  for (auto& layer : image.layers) EXPECT_TRUE(place.content().has(layer)) << layer;
}

TEST(RegistryConformance, UnknownImageIsNotFound) {
  RegistryPlace place;
  auto image = place.makeImage({"one"});
  place.push(image.digest, place.reference("one"));
  EXPECT_EQ(failureOf(place.startPull(place.reference("another"))), ErrorCode::NOT_FOUND);
}

TEST(RegistryConformance, OtherPlatformIsUnsupported) {
  RegistryPlace place;
  auto image = place.makeImage({"one"});
  place.push(image.digest, place.reference("one"));
  EXPECT_EQ(failureOf(place.startPull(place.reference("one"), "s390x")), ErrorCode::UNSUPPORTED);
}

TEST(RegistryConformance, KilledInTheMiddleGoesOn) {
  RegistryPlace place;
  auto image = place.makeImage({std::string(1'000'000, 'x')});
  place.push(image.digest, place.reference("one"));
  place.forgetAll(image);
  auto pulling = place.startPull(place.reference("one")).eagerlyEvaluate(nullptr);
  restartSubject();
  EXPECT_EQ(place.pull(place.reference("one")), image.configDigest);
  EXPECT_TRUE(place.content().has(image.layers[0]));
}

}  // namespace stave::conformance
