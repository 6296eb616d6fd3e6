#include "kernel/object/explain.h"

#include "kernel/object/test_kernel.h"

namespace stave::testing {
namespace {

using Response = capnp::Response<schema::Objects::ExplainResults>;

Response explainObject(TestKernel& kernel, const char* kind, const char* name) {
  auto request = kernel.client().explainRequest();
  request.initRef().setKind(kind);
  request.getRef().setName(name);
  return request.send().wait(kernel.io.waitScope);
}

/// A change that an object at a revision made somebody do.
void commitBecauseOf(TestKernel& kernel, Op op, const char* kind, const char* name,
                     const char* causeKind, const char* causeName, uint64_t revision,
                     const TestKernel::Fill& fill = {}) {
  auto request = kernel.client().commitRequest();
  auto change = request.initChanges(1)[0];
  change.setOp(op);
  change.initObject().initMetadata().setKind(kind);
  change.getObject().getMetadata().setName(name);
  if (fill) fill(change.getObject());
  auto cause = request.initCause();
  cause.setReason("it was wanted");
  cause.initObject().setKind(causeKind);
  cause.getObject().setName(causeName);
  cause.getObject().setRevision(revision);
  request.send().wait(kernel.io.waitScope);
}

TEST(Explain, WalksBackToARequestFromOutside) {
  TestKernel kernel;
  auto first = kernel.commit(Op::CREATE, "Namespace", "root", kernel.description("one"));
  kernel.commit(Op::UPDATE, "Namespace", "root", kernel.description("two"));
  commitBecauseOf(kernel, Op::CREATE, "Volume", "data", "Namespace", "root", first.getRevision(),
                  [](schema::Object::Builder object) {
                    object.getMetadata().initOwners(1)[0].setKind("Namespace");
                    object.getMetadata().getOwners()[0].setName("root");
                  });
  kernel.commit(Op::STATUS, "Volume", "data", [](schema::Object::Builder object) {
    auto status = object.getStatus().initAs<schema::VolumeStatus>();
    status.setPhase(schema::VolumeStatus::Phase::FAILED);
    status.setMessage("no space");
  });
  auto response = explainObject(kernel, "Volume", "data");
  auto steps = response.getSteps();
  ASSERT_EQ(steps.size(), 3u);
  EXPECT_STREQ(steps[0].getSummary().cStr(), "failed: no space");
  EXPECT_STREQ(steps[1].getCause().getReason().cStr(), "it was wanted");
  EXPECT_STREQ(steps[2].getObject().getName().cStr(), "root");
  EXPECT_EQ(steps[2].getObject().getRevision(), first.getRevision());
  EXPECT_STREQ(steps[2].getCause().getReason().cStr(), "a test");
  ASSERT_EQ(response.getMissing().size(), 2u);
  EXPECT_STREQ(response.getMissing()[0].cStr(), "failed: no space");
  auto owner = explainObject(kernel, "Namespace", "root");
  bool tellsOfChild = false;
  for (auto line : owner.getMissing()) {
    tellsOfChild = tellsOfChild || line == "volume data: failed: no space";
  }
  EXPECT_TRUE(tellsOfChild);
}

TEST(Explain, EndsInACycle) {
  TestKernel kernel;
  kernel.commit(Op::CREATE, "Namespace", "a");
  kernel.commit(Op::CREATE, "Namespace", "b");
  for (int i = 0; i < 30; ++i) {
    bool even = i % 2 == 0;
    commitBecauseOf(kernel, Op::APPLY, "Namespace", even ? "a" : "b", "Namespace", even ? "b" : "a",
                    kernel.store->revision(), kernel.description(std::to_string(i)));
  }
  EXPECT_LE(explainObject(kernel, "Namespace", "a").getSteps().size(), 16u);
}

TEST(Explain, TellsWhatDeletionWaitsForAndWhatIsGone) {
  TestKernel kernel;
  kernel.commit(Op::CREATE, "Namespace", "a");
  kernel.commit(Op::ADD_FINALIZER, "Namespace", "a", {}, "engine");
  commitBecauseOf(kernel, Op::DELETE, "Namespace", "a", "Volume", "nowhere", 1);
  auto response = explainObject(kernel, "Namespace", "a");
  ASSERT_EQ(response.getSteps().size(), 2u);
  EXPECT_STREQ(response.getSteps()[1].getSummary().cStr(), "is gone");
  std::string missing;
  for (auto line : response.getMissing()) missing += std::string(line.cStr()) + "\n";
  EXPECT_NE(missing.find("its deletion waits for engine"), std::string::npos);
}

}  // namespace
}  // namespace stave::testing
