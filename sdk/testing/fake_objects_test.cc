#include <stave/testing/fake_objects.h>

#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/schema/objects/pod.capnp.h>
#include <stave/testing/wait.h>

namespace stave::testing {

namespace {

struct Seen {
  std::vector<std::string> events;  // "+name" and "-name"
  std::string lost;
};

class Sink final : public schema::WatchSink::Server {
 public:
  explicit Sink(Seen& seen) : seen_(seen) {}

  kj::Promise<void> events(EventsContext context) override {
    for (auto event : context.getParams().getEvents()) {
      bool put = event.getType() == schema::WatchEvent::Type::PUT;
      seen_.events.push_back((put ? "+" : "-") +
                             std::string(event.getObject().getMetadata().getName().cStr()));
    }
    return kj::READY_NOW;
  }
  kj::Promise<void> lost(LostContext context) override {
    seen_.lost = context.getParams().getMessage().cStr();
    return kj::READY_NOW;
  }

 private:
  Seen& seen_;
};

struct FakeObjectsTest : ::testing::Test {
  ~FakeObjectsTest() noexcept override {}

  Loop loop;
  FakeObjects objects;
  schema::Objects::Client client = objects.client();
  Seen seen;

  void createPod(const char* name, const char* node) {
    objects.create<schema::PodSpec>({"Pod", name},
                                    [&](schema::PodSpec::Builder spec) { spec.setNode(node); });
  }
  schema::Object::Reader pod(const char* name) {
    return KJ_REQUIRE_NONNULL(objects.find({"Pod", name}), name);
  }

  /// Pods of one node, watched.
  schema::Handle::Client watch(const char* node, uint64_t from) {
    auto request = client.watchRequest();
    auto query = request.initQuery();
    query.setKind("Pod");
    auto field = query.initFields(1)[0];
    field.setKey("spec.node");
    field.initValues(1).set(0, node);
    request.setFrom(from);
    request.setSink(kj::heap<Sink>(seen));
    return wait(loop, request.send()).getWatch();
  }
  void expectSeen(std::vector<std::string> events) {
    waitUntil(
        loop, [&]() { return seen.events.size() >= events.size(); }, "events");
    runFor(loop, 5 * kj::MILLISECONDS);
    EXPECT_EQ(seen.events, events);
    seen.events.clear();
  }

  ErrorCode codeOfWrite(schema::Change::Op op, const char* name, uint64_t revision = 0) {
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() {
                   objects.write(op, {"Pod", name}, [&](schema::Object::Builder object) {
                     object.getMetadata().setRevision(revision);
                   });
                 })) {
      return codeOf(*exception);
    }
    return ErrorCode::INTERNAL;  // it succeeded
  }
};

using Op = schema::Change::Op;

}  // namespace

TEST_F(FakeObjectsTest, CreatingFillsInWhatTheKernelGives) {
  createPod("web", "n1");
  auto metadata = pod("web").getMetadata();
  EXPECT_STREQ(metadata.getNamespace().cStr(), "default");
  EXPECT_EQ(metadata.getUid().size(), 64u);
  EXPECT_EQ(metadata.getGeneration(), 1u);
  EXPECT_EQ(metadata.getRevision(), objects.revision());
  EXPECT_EQ(objects.names("Pod"), (std::vector<std::string>{"default/web"}));
}

TEST_F(FakeObjectsTest, RefusesAsTheKernelDoes) {
  createPod("web", "n1");
  EXPECT_EQ(codeOfWrite(Op::CREATE, "web"), ErrorCode::ALREADY_EXISTS);
  EXPECT_EQ(codeOfWrite(Op::UPDATE, "nobody"), ErrorCode::NOT_FOUND);
  EXPECT_EQ(codeOfWrite(Op::UPDATE, "web", 999), ErrorCode::CONFLICT);
}

TEST_F(FakeObjectsTest, OnlySpecChangesCountAsGenerations) {
  createPod("web", "n1");
  objects.updateStatus<schema::PodStatus>(
      {"Pod", "web"}, [](schema::PodStatus::Builder status) { status.setReady(true); });
  EXPECT_EQ(pod("web").getMetadata().getGeneration(), 1u);
  objects.updateSpec<schema::PodSpec>({"Pod", "web"},
                                      [](schema::PodSpec::Builder spec) { spec.setNode("n2"); });
  EXPECT_EQ(pod("web").getMetadata().getGeneration(), 2u);
  EXPECT_TRUE(pod("web").getStatus().getAs<schema::PodStatus>().getReady());
}

TEST_F(FakeObjectsTest, TheSameAgainIsNoChange) {
  createPod("web", "n1");
  auto before = objects.revision();
  objects.updateSpec<schema::PodSpec>({"Pod", "web"}, [](schema::PodSpec::Builder) {});
  EXPECT_EQ(objects.revision(), before);
}

TEST_F(FakeObjectsTest, DeletionWaitsForFinalizers) {
  createPod("web", "n1");
  auto commit = [&](Op op) {
    auto request = client.commitRequest();
    auto change = request.initChanges(1)[0];
    change.setOp(op);
    change.setFinalizer("engine");
    auto metadata = change.initObject().initMetadata();
    metadata.setKind("Pod");
    metadata.setName("web");
    wait(loop, request.send());
  };
  commit(Op::ADD_FINALIZER);
  objects.remove({"Pod", "web"});
  EXPECT_NE(pod("web").getMetadata().getDeleted(), 0);
  commit(Op::REMOVE_FINALIZER);
  EXPECT_TRUE(objects.find({"Pod", "web"}) == nullptr);
  createPod("web", "n1");
  commit(Op::STATUS);
  ASSERT_EQ(pod("web").getMetadata().getFinalizers().size(), 1u);
  commit(Op::DELETE);
  EXPECT_TRUE(objects.find({"Pod", "web"}) == nullptr) << "it named its finalizer";
}

TEST_F(FakeObjectsTest, AWatchTellsTheStateAndThenWhatComesAndGoes) {
  createPod("a", "n1");
  createPod("b", "n2");
  auto handle = watch("n1", 0);
  expectSeen({"+a"});
  createPod("c", "n1");
  objects.updateSpec<schema::PodSpec>({"Pod", "a"},
                                      [](schema::PodSpec::Builder spec) { spec.setNode("n2"); });
  objects.remove({"Pod", "b"});
  expectSeen({"+c", "-a"});
}

TEST_F(FakeObjectsTest, AWatchFromARevisionTellsWhatChangedSince) {
  createPod("a", "n1");
  auto listed = objects.revision();
  createPod("b", "n1");
  objects.remove({"Pod", "a"});
  auto handle = watch("n1", listed);
  expectSeen({"+b", "-a"});
}

TEST_F(FakeObjectsTest, CompactionEndsWatches) {
  createPod("a", "n1");
  auto early = objects.revision();
  auto handle = watch("n1", 0);
  expectSeen({"+a"});
  createPod("b", "n1");
  objects.compact();
  waitUntil(
      loop, [&]() { return !seen.lost.empty(); }, "the loss");
  auto request = client.watchRequest();
  request.initQuery().setKind("Pod");
  request.setFrom(early);
  request.setSink(kj::heap<Sink>(seen));
  auto refused = request.send().ignoreResult();
  EXPECT_EQ(codeOfFailure(loop, kj::mv(refused)), ErrorCode::TOO_OLD);
}

TEST_F(FakeObjectsTest, ListsByLabelsAndFields) {
  createPod("a", "n1");
  createPod("b", "n2");
  auto request = client.listRequest();
  auto query = request.initQuery();
  query.setKind("Pod");
  auto field = query.initFields(1)[0];
  field.setKey("spec.node");
  field.setOp(schema::Requirement::Op::NOT_EQUALS);
  field.initValues(1).set(0, "n1");
  auto reply = wait(loop, request.send());
  ASSERT_EQ(reply.getObjects().size(), 1u);
  EXPECT_STREQ(reply.getObjects()[0].getMetadata().getName().cStr(), "b");
}

}  // namespace stave::testing
