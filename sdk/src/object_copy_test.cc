#include <gtest/gtest.h>
#include <stave/client.h>
#include <stave/schema/objects/pod.capnp.h>
#include <stave/testing/fake_objects.h>
#include <stave/testing/wait.h>

namespace stave {
namespace {

ObjectCopy newPod(const std::string& name, const std::string& node = "") {
  ObjectCopy pod;
  auto metadata = pod.builder().initMetadata();
  metadata.setKind("Pod");
  metadata.setName(name);
  pod.builder().getSpec().initAs<schema::PodSpec>().setNode(node);
  return pod;
}

TEST(ObjectCopyTest, OutlivesTheMessageItCameIn) {
  kj::Maybe<ObjectCopy> kept;
  {
    auto original = newPod("web", "here");
    kept.emplace(original.reader());
    original.specBuilder<schema::PodSpec>().setNode("elsewhere");
  }
  auto& copy = KJ_ASSERT_NONNULL(kept);
  EXPECT_EQ(copy.name(), "web");
  EXPECT_EQ(copy.spec<schema::PodSpec>().getNode(), "here");
}

TEST(ObjectCopyTest, ItsSpecIsChangedInPlace) {
  ObjectCopy copy(newPod("web", "here").reader());
  copy.specBuilder<schema::PodSpec>().setNode("a node with a much longer name than before");
  EXPECT_EQ(copy.spec<schema::PodSpec>().getNode(), "a node with a much longer name than before");
}

struct TransactionTest : ::testing::Test {
  ~TransactionTest() noexcept override {}

  Loop loop;
  testing::FakeObjects objects;
  Transaction transaction{objects.client(), "a test"};

  kj::Promise<std::vector<ObjectCopy>> commit() { return transaction.commit(); }
};

TEST_F(TransactionTest, AnswersWithTheNewStatesInOrder) {
  EXPECT_TRUE(transaction.empty());
  transaction.add(schema::Change::Op::CREATE, newPod("second"));
  transaction.add(schema::Change::Op::CREATE, newPod("first"));
  EXPECT_FALSE(transaction.empty());
  auto made = testing::wait(loop, commit());
  ASSERT_EQ(made.size(), 2u);
  EXPECT_EQ(made[0].name(), "second");
  EXPECT_EQ(made[1].name(), "first");
  EXPECT_NE(made[0].uid(), made[1].uid());
  EXPECT_EQ(transaction.revision(), objects.revision());
  EXPECT_STREQ(made[0].metadata().getCreatedBy().getReason().cStr(), "a test");
}

TEST_F(TransactionTest, TakesWhatTheObjectWasWhenItWasAdded) {
  auto pod = newPod("web", "here");
  transaction.add(schema::Change::Op::CREATE, pod);
  pod.specBuilder<schema::PodSpec>().setNode("elsewhere");
  auto made = testing::wait(loop, commit());
  EXPECT_EQ(made[0].spec<schema::PodSpec>().getNode(), "here");
}

TEST_F(TransactionTest, IsWholeOrNothing) {
  objects.create<schema::PodSpec>({"Pod", "there"}, [](auto) {});
  auto before = objects.revision();
  transaction.add(schema::Change::Op::CREATE, newPod("new"));
  transaction.add(schema::Change::Op::CREATE, newPod("there"));
  EXPECT_EQ(testing::codeOfFailure(loop, commit()), ErrorCode::ALREADY_EXISTS);
  EXPECT_EQ(objects.find({"Pod", "new"}), nullptr);
  EXPECT_EQ(objects.revision(), before);
  EXPECT_EQ(transaction.revision(), 0u);
}

}  // namespace
}  // namespace stave
