#include "kernel/object/collector.h"

#include <gtest/gtest.h>

#include "kernel/object/test_kernel.h"

namespace stave::testing {
namespace {

struct CollectorTest : ::testing::Test {
  ~CollectorTest() noexcept override {}

  void make(const std::string& name, const std::vector<std::string>& owners = {}) {
    kernel.commit(Op::CREATE, "Namespace", name, [&](schema::Object::Builder object) {
      auto list = object.getMetadata().initOwners(owners.size());
      for (size_t i = 0; i < owners.size(); ++i) {
        list[i].setKind("Namespace");
        list[i].setName(owners[i].c_str());
      }
    });
  }
  void remove(const std::string& name) { kernel.commit(Op::DELETE, "Namespace", name); }
  bool exists(const std::string& name) { return kernel.exists("Namespace", name); }
  void untilGone(const std::string& name) {
    kernel.until([&]() { return !exists(name); });
  }

  TestKernel kernel;
};

TEST_F(CollectorTest, DeletesDownTheWholeTree) {
  make("root");
  make("child", {"root"});
  make("grandchild", {"child"});
  make("stranger");
  remove("root");
  untilGone("grandchild");
  EXPECT_FALSE(exists("child"));
  EXPECT_TRUE(exists("stranger"));
}

TEST_F(CollectorTest, OneLivingOwnerIsEnough) {
  make("a");
  make("b");
  make("child", {"a", "b"});
  remove("a");
  kernel.turn(20);
  EXPECT_TRUE(exists("child"));
  remove("b");
  untilGone("child");
}

TEST_F(CollectorTest, AnOwnerThatIsMadeAnewIsAnother) {
  make("a");
  make("child", {"a"});
  remove("a");
  make("a");
  untilGone("child");
  EXPECT_TRUE(exists("a"));
}

TEST_F(CollectorTest, AnOrphanFromTheBeginningGoes) {
  kernel.commit(Op::CREATE, "Namespace", "orphan", [](schema::Object::Builder object) {
    auto owner = object.getMetadata().initOwners(1)[0];
    owner.setKind("Namespace");
    owner.setName("was");
    owner.setUid("nobody-has-this");
  });
  untilGone("orphan");
}

TEST_F(CollectorTest, SaysWhy) {
  make("a");
  make("child", {"a"});
  kernel.commit(Op::ADD_FINALIZER, "Namespace", "child", {}, "engine");
  remove("a");
  kernel.until([&]() {
    auto child = kernel.find("Namespace", "child");
    return child != nullptr && child->metadata().getDeleted() != 0;
  });
  auto cause = kernel.find("Namespace", "child")->metadata().getChangedBy();
  EXPECT_STREQ(cause.getActor().cStr(), "kernel");
  EXPECT_STREQ(cause.getReason().cStr(), "its last owner, namespace a, is gone");
}

TEST_F(CollectorTest, ManyOrphansGoToo) {
  make("a");
  for (int i = 0; i < 100; ++i) make("child-" + std::to_string(i), {"a"});
  remove("a");
  kernel.until([&]() { return kernel.store->cache().all().empty(); });
}

}  // namespace
}  // namespace stave::testing
