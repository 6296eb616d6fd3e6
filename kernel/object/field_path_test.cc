#include "kernel/object/field_path.h"

#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/schema/objects/pod.capnp.h>

#include "kernel/object/test_versions.h"

namespace stave::testing {
namespace {

using Values = std::vector<std::string>;

struct FieldPathTest : ::testing::Test {
  ~FieldPathTest() noexcept override {}

  Values read(const char* path, const char* kind = "Pod") {
    return FieldPath(kinds.find(kind), path).read(pod->object());
  }
  bool exists(const char* path) { return FieldPath(kinds.find("Pod"), path).exists(pod->object()); }
  std::string error(const char* path, const char* kind = "Pod") {
    KJ_IF_MAYBE (exception,
                 kj::runCatchingExceptions([&]() { FieldPath(kinds.find(kind), path); })) {
      EXPECT_EQ(codeOf(*exception), ErrorCode::INVALID);
      return textOf(*exception);
    }
    return "";
  }

  Kinds kinds;
  VersionPtr pod = podAt("web", 7, [](schema::Object::Builder object) {
    auto spec = object.getSpec().initAs<schema::PodSpec>();
    auto containers = spec.initContainers(2);
    containers[0].setName("main");
    containers[1].setName("side");
    containers[1].setShmSize(64);
    containers[0].initCommand(2).set(0, "sh");
    spec.setRemoveWhenDone(true);
    spec.initVolumes(2)[0].setHostPath("/srv");
    spec.getVolumes()[1].setVolume("data");
    object.getStatus().initAs<schema::PodStatus>().setPhase(schema::PodStatus::Phase::STOPPED);
  });
};

TEST_F(FieldPathTest, ReadsTextsNumbersEnumsAndFlags) {
  EXPECT_EQ(read("metadata.name"), Values{"web"});
  EXPECT_EQ(read("metadata.revision"), Values{"7"});
  EXPECT_EQ(read("status.phase"), Values{"stopped"});
  EXPECT_EQ(read("spec.removeWhenDone"), Values{"true"});
}

TEST_F(FieldPathTest, AListHasTheValuesOfAllItsElements) {
  EXPECT_EQ(read("spec.containers.name"), (Values{"main", "side"}));
  EXPECT_EQ(read("spec.containers.shmSize"), (Values{"0", "64"}));
  EXPECT_EQ(read("spec.containers.command"), (Values{"sh", ""}));
  EXPECT_EQ(read("spec.networks.network"), Values{});
}

TEST_F(FieldPathTest, WhatIsNotSetHasItsDefault) {
  EXPECT_EQ(read("spec.node"), Values{""});
  EXPECT_EQ(read("spec.desired"), Values{"running"});
  EXPECT_EQ(read("spec.stopTimeoutMs"), Values{"10000"});
  EXPECT_EQ(read("spec.restartPolicy.mode"), Values{"never"});
}

TEST_F(FieldPathTest, OtherMembersOfAUnionHaveNothing) {
  EXPECT_EQ(read("spec.volumes.hostPath"), Values{"/srv"});
  EXPECT_EQ(read("spec.volumes.volume"), Values{"data"});
  EXPECT_EQ(read("spec.volumes.secret"), Values{});
}

TEST_F(FieldPathTest, ExistsIfItDiffersFromItsDefault) {
  EXPECT_TRUE(exists("metadata.name"));
  EXPECT_TRUE(exists("spec.containers.shmSize"));
  EXPECT_FALSE(exists("spec.node"));
  EXPECT_FALSE(exists("spec.containers.oomScoreAdj"));
  EXPECT_FALSE(exists("spec.restartPolicy.mode"));
}

TEST_F(FieldPathTest, UnknownPathsAreRefusedWithTheNearest) {
  EXPECT_EQ(error("spec.nod"), "field \"spec.nod\": there is no \"nod\"; did you mean \"node\"?");
  EXPECT_NE(error("spec.containers.imag").find("did you mean \"image\""), std::string::npos);
  EXPECT_EQ(error("spec.node.x"), "field \"spec.node.x\": there are no fields above \"x\"");
  EXPECT_EQ(error("spec"), "field \"spec\": the path ends too early");
  EXPECT_EQ(error(""), "field \"\" of kind Pod: a path begins with metadata, spec or status");
  EXPECT_EQ(error("status.phase", "Secret"),
            "field \"status.phase\" of kind Secret: a path begins with metadata, spec");
}

}  // namespace
}  // namespace stave::testing
