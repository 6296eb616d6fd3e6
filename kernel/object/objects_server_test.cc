#include "kernel/object/objects_server.h"

#include <gtest/gtest.h>

#include "kernel/object/test_kernel.h"

namespace stave::testing {
namespace {

/// A caller that reads namespaces and volumes and writes volumes.
struct ObjectsServerTest : ::testing::Test {
  ObjectsServerTest() {
    kernel.commit(Op::CREATE, "Namespace", "a");
    kernel.commit(Op::CREATE, "Node", "here");
    Caller caller;
    caller.actor = "plugin/test";
    caller.mayRead = [](auto& kind) { return kind == "Namespace" || kind == "Volume"; };
    caller.mayWrite = [](auto& kind) { return kind == "Volume"; };
    caller.missingGrantHint = "add a grant";
    limited = kernel.store->clientFor(std::move(caller));
  }
  ~ObjectsServerTest() noexcept override {}

  schema::Objects::Client& client() { return KJ_ASSERT_NONNULL(limited); }

  template <typename Request>
  std::string error(Request request) {
    return kernel.errorOf([&]() { request.send().wait(kernel.io.waitScope); });
  }
  auto get(const char* kind, const char* name, const char* uid = "") {
    auto request = client().getRequest();
    request.initRef().setKind(kind);
    request.getRef().setName(name);
    request.getRef().setUid(uid);
    return request;
  }
  auto change(const char* kind, const char* name) {
    auto request = client().commitRequest();
    auto one = request.initChanges(1)[0];
    one.setOp(Op::APPLY);
    one.initObject().initMetadata().setKind(kind);
    one.getObject().getMetadata().setName(name);
    return request;
  }

  TestKernel kernel;
  kj::Maybe<schema::Objects::Client> limited;
};

TEST_F(ObjectsServerTest, GetsByAnyNameOfTheKind) {
  auto response = get("ns", "a").send().wait(kernel.io.waitScope);
  EXPECT_STREQ(response.getObject().getMetadata().getName().cStr(), "a");
  EXPECT_EQ(error(get("Namespace", "b")), "not-found namespace b does not exist");
  EXPECT_EQ(error(get("Namespace", "a", "another")), "not-found namespace a does not exist");
  auto uid = std::string(kernel.find("Namespace", "a")->uid());
  EXPECT_EQ(error(get("Namespace", "a", uid.c_str())), "");
}

TEST_F(ObjectsServerTest, ReadingNeedsTheRight) {
  auto expected = "denied plugin/test may not read objects of kind Node: add a grant";
  EXPECT_EQ(error(get("Node", "here")), expected);
  EXPECT_EQ(error(get("Node", "nobody")), expected) << "whether it exists is not told";
  auto list = client().listRequest();
  list.initQuery().setKind("nodes");
  EXPECT_EQ(error(kj::mv(list)), expected);
  auto watch = client().watchRequest();
  watch.initQuery().setKind("nodes");
  EXPECT_EQ(error(kj::mv(watch)), expected);
  auto explain = client().explainRequest();
  explain.initRef().setKind("Node");
  explain.getRef().setName("here");
  EXPECT_EQ(error(kj::mv(explain)), expected);
}

TEST_F(ObjectsServerTest, WritingNeedsTheRightForEachChange) {
  EXPECT_EQ(error(change("Volume", "v")), "");
  EXPECT_EQ(error(change("Namespace", "n")),
            "denied plugin/test may not write objects of kind Namespace: add a grant");
  auto mixed = client().commitRequest();
  auto changes = mixed.initChanges(2);
  const char* kinds[] = {"Volume", "Node"};
  for (unsigned i = 0; i < 2; ++i) {
    changes[i].setOp(Op::APPLY);
    changes[i].initObject().initMetadata().setKind(kinds[i]);
    changes[i].getObject().getMetadata().setName("mixed");
  }
  EXPECT_NE(error(kj::mv(mixed)), "");
  EXPECT_FALSE(kernel.exists("Volume", "mixed"));
}

TEST_F(ObjectsServerTest, TheActorIsTheCallerWhateverItSays) {
  auto request = change("Volume", "v");
  request.initCause().setActor("user/root");
  request.send().wait(kernel.io.waitScope);
  auto cause = kernel.find("Volume", "v")->metadata().getChangedBy();
  EXPECT_STREQ(cause.getActor().cStr(), "plugin/test");
}

TEST_F(ObjectsServerTest, KindsAreForThoseWhoMayBringThem) {
  auto request = client().registerKindRequest();
  request.initKind().setName("Lamp");
  EXPECT_EQ(error(kj::mv(request)), "denied plugin/test may not register kinds: add a grant");
  auto kinds = client().kindsRequest().send().wait(kernel.io.waitScope);
  EXPECT_EQ(kinds.getKinds().size(), kernel.store->kinds().all().size());
}

TEST_F(ObjectsServerTest, AListingIsOfOneRevision) {
  auto request = client().listRequest();
  request.initQuery().setKind("ns");
  auto response = request.send().wait(kernel.io.waitScope);
  EXPECT_EQ(response.getRevision(), kernel.store->revision());
  ASSERT_EQ(response.getObjects().size(), 1u);
  EXPECT_STREQ(response.getObjects()[0].getMetadata().getName().cStr(), "a");
}

}  // namespace
}  // namespace stave::testing
