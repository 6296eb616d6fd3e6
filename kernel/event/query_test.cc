#include "kernel/event/query.h"

#include <capnp/message.h>
#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/schema/objects/pod.capnp.h>

#include "kernel/object/test_versions.h"

namespace stave::testing {
namespace {

using Op = schema::Requirement::Op;
using Words = std::vector<std::string>;

/// A query under construction.
struct Asked {
  explicit Asked(const char* kind = "pods", const char* space = "", const char* name = "") {
    query.setKind(kind);
    query.setNamespace(space);
    query.setName(name);
  }

  static void fill(schema::Requirement::Builder requirement, const char* key, Op op,
                   const Words& values) {
    requirement.setKey(key);
    requirement.setOp(op);
    auto list = requirement.initValues(values.size());
    for (size_t i = 0; i < values.size(); ++i) list.set(i, values[i].c_str());
  }
  Asked& label(const char* key, Op op, const Words& values = {}) {
    fill(query.initLabels(1)[0], key, op, values);
    return *this;
  }
  Asked& field(const char* path, Op op, const Words& values = {}) {
    fill(query.initFields(1)[0], path, op, values);
    return *this;
  }

  bool matches(const VersionPtr& version) {
    Kinds kinds;
    return Query(kinds, query.asReader()).matches(*version);
  }
  std::string error() {
    Kinds kinds;
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { Query(kinds, query.asReader()); })) {
      EXPECT_EQ(codeOf(*exception), ErrorCode::INVALID);
      return textOf(*exception);
    }
    return "";
  }

  capnp::MallocMessageBuilder message;
  schema::Query::Builder query = message.initRoot<schema::Query>();
};

FillObject onNode(const char* node) {
  return [node](schema::Object::Builder object) {
    auto spec = object.getSpec().initAs<schema::PodSpec>();
    spec.setNode(node);
    for (auto container : {spec.initContainers(2)}) {
      container[0].setName("main");
      container[1].setName("side");
    }
    object.getStatus().initAs<schema::PodStatus>().setPhase(schema::PodStatus::Phase::RUNNING);
  };
}

TEST(QueryTest, KindNamespaceAndName) {
  auto web = versionOf(podKey("web", "blue"), 1);
  EXPECT_TRUE(Asked("po").matches(web));
  EXPECT_TRUE(Asked("Pod", "blue").matches(web));
  EXPECT_TRUE(Asked("Pod", "", "web").matches(web));
  EXPECT_FALSE(Asked("Pod", "green").matches(web));
  EXPECT_FALSE(Asked("Pod", "blue", "we").matches(web));
  EXPECT_FALSE(Asked("Image").matches(web));
}

TEST(QueryTest, ANamespaceMeansNothingToAKindWithoutOne) {
  auto image = versionOf({"Image", "", "debian"}, 1);
  EXPECT_TRUE(Asked("images", "default").matches(image));
}

TEST(QueryTest, Labels) {
  auto blue = podAt("a", 1, withLabel("colour", "blue"));
  auto plain = podAt("b", 1);
  EXPECT_TRUE(Asked().label("colour", Op::EQUALS, {"blue"}).matches(blue));
  EXPECT_FALSE(Asked().label("colour", Op::EQUALS, {"red"}).matches(blue));
  EXPECT_FALSE(Asked().label("colour", Op::EQUALS, {"blue"}).matches(plain));
  EXPECT_TRUE(Asked().label("colour", Op::IS_IN, {"red", "blue"}).matches(blue));
  EXPECT_FALSE(Asked().label("colour", Op::IS_IN, {}).matches(blue));
  EXPECT_FALSE(Asked().label("colour", Op::NOT_EQUALS, {"blue"}).matches(blue));
  EXPECT_TRUE(Asked().label("colour", Op::NOT_EQUALS, {"blue"}).matches(plain));
  EXPECT_TRUE(Asked().label("colour", Op::NOT_IN, {"red", "green"}).matches(blue));
  EXPECT_TRUE(Asked().label("colour", Op::EXISTS).matches(blue));
  EXPECT_FALSE(Asked().label("colour", Op::EXISTS).matches(plain));
  EXPECT_TRUE(Asked().label("colour", Op::NOT_EXISTS).matches(plain));
}

TEST(QueryTest, Fields) {
  auto here = podAt("a", 1, onNode("here"));
  auto nowhere = podAt("b", 1);
  EXPECT_TRUE(Asked().field("spec.node", Op::EQUALS, {"here"}).matches(here));
  EXPECT_FALSE(Asked().field("spec.node", Op::EQUALS, {"there"}).matches(here));
  EXPECT_TRUE(Asked().field("spec.node", Op::IS_IN, {"", "here"}).matches(nowhere));
  EXPECT_TRUE(Asked().field("spec.node", Op::EXISTS).matches(here));
  EXPECT_TRUE(Asked().field("spec.node", Op::NOT_EXISTS).matches(nowhere));
  EXPECT_TRUE(Asked().field("status.phase", Op::EQUALS, {"running"}).matches(here));
  EXPECT_TRUE(Asked().field("metadata.name", Op::EQUALS, {"a"}).matches(here));
}

TEST(QueryTest, AFieldInAListMatchesByAnyElement) {
  auto pod = podAt("a", 1, onNode("here"));
  EXPECT_TRUE(Asked().field("spec.containers.name", Op::EQUALS, {"side"}).matches(pod));
  EXPECT_FALSE(Asked().field("spec.containers.name", Op::EQUALS, {"third"}).matches(pod));
  EXPECT_FALSE(Asked().field("spec.containers.name", Op::NOT_EQUALS, {"side"}).matches(pod));
}

TEST(QueryTest, AllConditionsMustHold) {
  auto pod = podAt("a", 1, [](auto object) {
    onNode("here")(object);
    withLabel("colour", "blue")(object);
  });
  Asked asked;
  asked.label("colour", Op::EQUALS, {"blue"}).field("spec.node", Op::EQUALS, {"here"});
  EXPECT_TRUE(asked.matches(pod));
  asked.field("spec.node", Op::EQUALS, {"there"});
  EXPECT_FALSE(asked.matches(pod));
}

TEST(QueryTest, WhatMakesNoSenseIsRefusedWithItsPlace) {
  EXPECT_EQ(Asked("Deploymnt").error(), "unknown kind \"Deploymnt\"; did you mean \"deployment\"?");
  EXPECT_EQ(Asked().label("", Op::EXISTS).error(), "labels[0].key: must not be empty");
  EXPECT_EQ(Asked().label("a", Op::EQUALS, {"1", "2"}).error(),
            "labels[0].values: equals and notEquals take one value");
  EXPECT_EQ(Asked().field("spec.node", Op::EXISTS, {"1"}).error(),
            "fields[0].values: exists and notExists take none");
  EXPECT_NE(Asked().field("spec.nod", Op::EXISTS).error().find("did you mean \"node\""),
            std::string::npos);
  EXPECT_EQ(Asked().label("a", static_cast<Op>(77)).error(), "labels[0].op: is unknown");
  EXPECT_EQ(Asked().label("a", Op::IS_IN, Words(1025, "x")).error(),
            "labels[0].values: more than 1024");
}

TEST(QueryTest, RequirementsAreBounded) {
  Asked asked;
  for (auto label : asked.query.initLabels(65)) Asked::fill(label, "a", Op::EXISTS, {});
  EXPECT_EQ(asked.error(), "query: more than 64 requirements");
}

}  // namespace
}  // namespace stave::testing
