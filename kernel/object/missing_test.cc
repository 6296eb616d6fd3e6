#include <gtest/gtest.h>

#include "kernel/object/explain.h"
#include "kernel/object/test_kernel.h"

namespace stave::testing {
namespace {

using Lines = std::vector<std::string>;
using Builder = schema::Object::Builder;

struct MissingTest : ::testing::Test {
  ~MissingTest() noexcept override {}

  void makePod(const TestKernel::Fill& more = {}) {
    kernel.commit(Op::CREATE, "Pod", "web", [&](Builder object) {
      auto container = object.getSpec().initAs<schema::PodSpec>().initContainers(1)[0];
      container.setName("main");
      container.setImage("debian");
      if (more) more(object);
    });
  }
  void status(const std::function<void(schema::PodStatus::Builder)>& fill) {
    kernel.commit(Op::STATUS, "Pod", "web", [&](Builder object) {
      auto status = object.getStatus().initAs<schema::PodStatus>();
      status.setObservedGeneration(1);
      fill(status);
    });
  }
  Lines missing(const char* kind = "Pod", const char* name = "web") {
    return missingFor(*kernel.store, *kernel.find(kind, name));
  }
  std::string summary(const char* kind = "Pod", const char* name = "web") {
    auto version = kernel.find(kind, name);
    return summaryOf(*version, kernel.store->kinds().byName(version->key().kind));
  }

  using Phase = schema::PodStatus::Phase;
  TestKernel kernel;
};

TEST_F(MissingTest, NobodyHasActedOnIt) {
  makePod();
  EXPECT_EQ(missing(), Lines{"nobody has acted on it yet: it has no status"});
  EXPECT_EQ(summary(), "wanted");
}

TEST_F(MissingTest, WhatItsStatusSays) {
  makePod();
  status([](auto status) {
    status.setPhase(Phase::PENDING);
    status.setMessage("the image is being pulled");
  });
  EXPECT_EQ(missing(), Lines{"pending: the image is being pulled"});
  EXPECT_EQ(summary(), "pending: the image is being pulled");
}

TEST_F(MissingTest, WhatItsPartsSay) {
  makePod();
  status([](auto status) {
    status.setPhase(Phase::RUNNING);
    auto container = status.initContainers(1)[0];
    container.setName("main");
    container.setMessage("exit code 3");
  });
  EXPECT_EQ(missing(), Lines{"main: exit code 3"});
  EXPECT_EQ(summary(), "running");
}

TEST_F(MissingTest, AChangeThatNobodyHasSeen) {
  makePod();
  status([](auto status) {
    status.setPhase(Phase::RUNNING);
    status.setObservedGeneration(0);
  });
  EXPECT_EQ(missing(), Lines{"its last change is not acted on yet: generation 1, seen 0"});
}

TEST_F(MissingTest, NothingIsMissingFromWhatIsAsWanted) {
  makePod();
  status([](auto status) { status.setPhase(Phase::RUNNING); });
  EXPECT_EQ(missing(), Lines{});
}

TEST_F(MissingTest, ItsDeletionWaits) {
  makePod();
  status([](auto status) { status.setPhase(Phase::RUNNING); });
  kernel.commit(Op::ADD_FINALIZER, "Pod", "web", {}, "engine");
  kernel.commit(Op::DELETE, "Pod", "web");
  ASSERT_EQ(missing().size(), 1u);
  EXPECT_NE(missing()[0].find("engine"), std::string::npos);
  EXPECT_EQ(summary(), "is being deleted");
}

TEST_F(MissingTest, WhatItOwnsIsNamedUpToABound) {
  kernel.commit(Op::CREATE, "Namespace", "owner");
  for (int i = 0; i < 12; ++i) {
    auto name = "v" + std::to_string(10 + i);
    kernel.commit(Op::CREATE, "Volume", name, [](Builder object) {
      auto owner = object.getMetadata().initOwners(1)[0];
      owner.setKind("Namespace");
      owner.setName("owner");
    });
  }
  auto lines = missing("Namespace", "owner");
  ASSERT_EQ(lines.size(), 12u) << "its own, ten of those and a hint at more";
  EXPECT_EQ(lines[1], "volume v10: pending");
  EXPECT_EQ(lines.back(), "and more of what it owns");
}

TEST_F(MissingTest, AKindWithoutAStatusJustExists) {
  kernel.commit(Op::CREATE, "Config", "c");
  EXPECT_EQ(missing("Config", "c"), Lines{});
  EXPECT_EQ(summary("Config", "c"), "exists");
}

}  // namespace
}  // namespace stave::testing
