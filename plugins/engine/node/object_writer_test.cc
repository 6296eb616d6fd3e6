#include "object_writer.h"

#include "engine_fixture.h"

namespace stave::node {
namespace {

using Finalizers = std::vector<std::string>;

struct ObjectWriting : EngineTest {
  ~ObjectWriting() noexcept override {}

  Environment environment = newEnvironment();
  ObjectWriter writer{environment};
  capnp::MallocMessageBuilder scratch;

  schema::Object::Reader found(const std::string& name) {
    return KJ_ASSERT_NONNULL(objects.find({"Pod", name}), "the pod is gone");
  }
  ObjectCopy copyOf(const std::string& name) { return ObjectCopy(found(name)); }
  Finalizers finalizers(const std::string& name) {
    Finalizers result;
    for (auto each : found(name).getMetadata().getFinalizers()) result.push_back(text(each));
    return result;
  }
  schema::PodSpec::Reader specOn(const char* node) {
    auto spec = scratch.initRoot<schema::PodSpec>();
    spec.setNode(node);
    return spec;
  }
  std::string nodeOf(const std::string& name) {
    return text(found(name).getSpec().getAs<schema::PodSpec>().getNode());
  }
  schema::PodStatus::Reader statusOf(Phase phase) {
    auto status = scratch.initRoot<schema::PodStatus>();
    status.setPhase(phase);
    return status;
  }
  void done(kj::Promise<void> work) { testing::wait(loop, kj::mv(work)); }
};

TEST_F(ObjectWriting, WhatItMakesIsHeldBackByTheEngine) {
  done(writer.create<schema::PodSpec>("Pod", "web", specOn("here"), "a test"));
  EXPECT_EQ(finalizers("web"), Finalizers{finalizerName});
  EXPECT_EQ(text(found("web").getMetadata().getCreatedBy().getReason()), "a test");
  done(writer.createPlain<schema::PodSpec>("Pod", "plain", specOn("here"), "a test"));
  EXPECT_EQ(finalizers("plain"), Finalizers{});
}

TEST_F(ObjectWriting, MakingWhatIsThereChangesNothing) {
  done(writer.create<schema::PodSpec>("Pod", "web", specOn("here"), "a test"));
  auto before = objects.revision();
  done(writer.create<schema::PodSpec>("Pod", "web", specOn("elsewhere"), "a test"));
  EXPECT_EQ(objects.revision(), before);
  EXPECT_EQ(nodeOf("web"), "here");
  done(writer.apply<schema::PodSpec>("Pod", "web", specOn("elsewhere"), "a test"));
  EXPECT_EQ(nodeOf("web"), "elsewhere");
}

TEST_F(ObjectWriting, StatusIsReplacedAloneAndOnlyWhereThereIsAnObject) {
  create("web");
  auto before = copyOf("web");
  done(writer.status<schema::PodStatus>(before, statusOf(Phase::RUNNING), "a test"));
  EXPECT_TRUE(has("web", Phase::RUNNING));
  EXPECT_EQ(copyOf("web").generation(), before.generation());
  objects.remove({"Pod", "web"});
  done(writer.status<schema::PodStatus>(before, statusOf(Phase::FAILED), "a test"));
  EXPECT_EQ(objects.find({"Pod", "web"}), nullptr);
}

TEST_F(ObjectWriting, UpdateKeepsTheRestAndGivesWayToANewerChange) {
  done(writer.create<schema::PodSpec>("Pod", "web", specOn("here"), "a test"));
  auto old = copyOf("web");
  done(writer.update<schema::PodSpec>(old, specOn("there"), "a test"));
  EXPECT_EQ(nodeOf("web"), "there");
  EXPECT_EQ(finalizers("web"), Finalizers{finalizerName});
  done(writer.update<schema::PodSpec>(old, specOn("too late"), "a test"));
  EXPECT_EQ(nodeOf("web"), "there");
}

TEST_F(ObjectWriting, RemovalWaitsForTheFinalizer) {
  create("web");
  done(writer.addFinalizer(copyOf("web")));
  auto held = copyOf("web");
  auto before = objects.revision();
  done(writer.addFinalizer(held));
  EXPECT_EQ(objects.revision(), before) << "it is there already";
  done(writer.remove(held, "a test"));
  EXPECT_TRUE(copyOf("web").deleted());
  done(writer.removeFinalizer(held));
  EXPECT_EQ(objects.find({"Pod", "web"}), nullptr);
  done(writer.remove(held, "a test"));
  done(writer.removeFinalizer(held));
}

TEST_F(ObjectWriting, WhatIsCleanedUpGoesAtOnce) {
  create("web");
  auto running = statusOf(Phase::RUNNING);
  done(writer.statusHolding<schema::PodStatus>(copyOf("web"), running, "a test"));
  EXPECT_EQ(finalizers("web"), Finalizers{finalizerName});
  auto held = copyOf("web");
  auto stopped = statusOf(Phase::STOPPED);
  done(writer.removeCleaned<schema::PodStatus>(held, stopped, "a test"));
  EXPECT_EQ(objects.find({"Pod", "web"}), nullptr);
  done(writer.removeCleaned<schema::PodStatus>(held, stopped, "a test"));
}

TEST_F(ObjectWriting, WhatIsBeingDeletedIsNotHeldBackAnew) {
  objects.write(schema::Change::Op::CREATE, {"Pod", "web"}, [](schema::Object::Builder object) {
    object.getMetadata().initFinalizers(1).set(0, "other");
    object.getSpec().initAs<schema::PodSpec>();
  });
  objects.remove({"Pod", "web"});
  done(writer.addFinalizer(copyOf("web")));
  EXPECT_EQ(finalizers("web"), Finalizers{"other"});
}

TEST_F(ObjectWriting, AStatusThatThereIsNoRoomForIsToldByTheBus) {
  create("web");
  environment.objects = testing::scripted<schema::Objects>(objects.client(), loop.timer(), script);
  script->fail("commit", 1, makeError(ErrorCode::EXHAUSTED, "disk full"));
  script->fail("commit", 2, makeError(ErrorCode::UNAVAILABLE, "no store"));
  auto pod = copyOf("web");
  for (auto code : {ErrorCode::EXHAUSTED, ErrorCode::UNAVAILABLE}) {
    auto writing = writer.status<schema::PodStatus>(pod, statusOf(Phase::FAILED), "it broke");
    EXPECT_EQ(testing::codeOfFailure(loop, kj::mv(writing)), code);
  }
  auto told = events.recorded("object/Pod/default/web/unwritten");
  ASSERT_EQ(told.size(), 1u) << "who is down for a moment can be told later";
  EXPECT_EQ(told[0]["message"], "it broke; this cannot be written down: disk full");
}

TEST_F(ObjectWriting, OtherFailuresAreTold) {
  create("web");
  environment.objects = testing::scripted<schema::Objects>(objects.client(), loop.timer(), script);
  script->fail("commit", testing::Script::every, makeError(ErrorCode::DENIED, "not granted"));
  auto removing = writer.remove(copyOf("web"), "a test");
  EXPECT_EQ(testing::codeOfFailure(loop, kj::mv(removing)), ErrorCode::DENIED);
  EXPECT_FALSE(copyOf("web").deleted());
}

}  // namespace
}  // namespace stave::node
