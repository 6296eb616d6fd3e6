#include "kernel/object/test_kernel.h"

namespace stave::testing {
namespace {

using Fate = FakeStore::Fate;

TEST(StoreRestart, ACommitThatWasTakenIsNotDoneTwice) {
  TestKernel kernel;
  kernel.fake.nextFate = Fate::lostAfter;
  auto response = kernel.commit(Op::CREATE, "Namespace", "a", kernel.description("x"));
  EXPECT_EQ(kernel.fake.transactions, 1u);
  EXPECT_EQ(response.getRevision(), 1u);
  kernel.fake.nextFate = Fate::lostAfter;
  kernel.commit(Op::DELETE, "Namespace", "a");
  EXPECT_FALSE(kernel.exists("Namespace", "a"));
  EXPECT_EQ(kernel.fake.revision(), 2u);
}

TEST(StoreRestart, ACommitThatWasLostIsDoneAgain) {
  TestKernel kernel;
  kernel.commit(Op::CREATE, "Namespace", "a");
  kernel.fake.nextFate = Fate::lostBefore;
  kernel.commit(Op::UPDATE, "Namespace", "a", kernel.description("x"));
  EXPECT_EQ(kernel.descriptionOf("a"), "x");
  EXPECT_EQ(kernel.fake.transactions, 3u);
  EXPECT_EQ(kernel.find("Namespace", "a")->metadata().getGeneration(), 2u);
}

TEST(StoreRestart, FollowsAgainFromWhereItWas) {
  TestKernel kernel;
  kernel.commit(Op::CREATE, "Namespace", "a", kernel.description("old"));
  auto value = kernel.fake.rows().at("/o/Namespace//a").value;
  kernel.commit(Op::UPDATE, "Namespace", "a", kernel.description("new"));
  kernel.turn();
  kernel.fake.crash();
  kernel.fake.put("/o/Namespace//a", value);
  kernel.until([&] { return kernel.store->revision() == 3; });
  EXPECT_EQ(kernel.descriptionOf("a"), "old");
}

TEST(StoreRestart, ListsAnewWhenTheStoreForgotWhatLiesBetween) {
  TestKernel kernel;
  kernel.commit(Op::CREATE, "Namespace", "a");
  kernel.commit(Op::CREATE, "Namespace", "b");
  auto value = kernel.fake.rows().at("/o/Namespace//a").value;
  kernel.turn();
  kernel.fake.watchBroken = true;
  kernel.fake.crash();
  kernel.turn(20);
  kernel.fake.rows().erase("/o/Namespace//b");
  kernel.fake.put("/o/Namespace//c", value);
  kernel.fake.put("/o/Namespace//c", value);
  kernel.fake.compactAll();
  kernel.fake.watchBroken = false;
  kernel.until([&] { return kernel.exists("Namespace", "c"); });
  EXPECT_FALSE(kernel.exists("Namespace", "b"));
  EXPECT_EQ(kernel.store->revision(), 4u);
}

TEST(StoreRestart, NoticesAWatchThatSaysNothing) {
  TestKernel kernel;
  kernel.fake.watchMuted = true;
  kernel.fake.put("/elsewhere", "x");  // so that the answer is not the next revision
  kernel.commit(Op::CREATE, "Namespace", "a");
  EXPECT_TRUE(kernel.exists("Namespace", "a"));
}

TEST(StoreRestart, ANewKernelHasEverythingBack) {
  TestKernel kernel;
  for (int i = 0; i < 2'500; ++i) {
    kernel.fake.put("/o/Namespace//n" + std::to_string(i), [&] {
      capnp::MallocMessageBuilder message;
      message.initRoot<schema::Object>().initMetadata().setUid(std::to_string(i).c_str());
      auto words = encodeMessage(message);
      return std::string(view(capnp::Data::Reader(words.asBytes())));
    }());
  }
  kernel.fake.put("/o/Namespace//broken", "this is no message");
  kernel.restart();
  EXPECT_EQ(kernel.store->cache().all().size(), 2'500u);
  EXPECT_EQ(kernel.store->revision(), 2'501u);
}

}  // namespace
}  // namespace stave::testing
