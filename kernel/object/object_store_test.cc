#include "kernel/object/object_store.h"

#include "kernel/object/test_kernel.h"

namespace stave::testing {
namespace {

using Builder = schema::Object::Builder;

TEST(ObjectStore, CreatesWithMetadataOfItsOwn) {
  TestKernel kernel;
  auto response = kernel.commit(Op::CREATE, "namespace", "blue", kernel.description("sky"));
  auto metadata = response.getObjects()[0].getMetadata();
  EXPECT_STREQ(metadata.getKind().cStr(), "Namespace");
  EXPECT_EQ(metadata.getUid().size(), 64u);
  EXPECT_EQ(metadata.getRevision(), response.getRevision());
  EXPECT_EQ(metadata.getGeneration(), 1u);
  EXPECT_STREQ(metadata.getCreatedBy().getActor().cStr(), "user/test");
  EXPECT_STREQ(metadata.getChangedBy().getReason().cStr(), "a test");
  EXPECT_EQ(metadata.getChangedBy().getRevision(), response.getRevision());
  EXPECT_EQ(kernel.descriptionOf("blue"), "sky");
  EXPECT_EQ(kernel.errorOf([&] { kernel.commit(Op::CREATE, "ns", "blue"); }),
            "already-exists namespace blue exists already");
}

TEST(ObjectStore, ACommitIsOneCallToTheStore) {
  TestKernel kernel;
  kernel.fake.watchMuted = true;  // the answer alone must do
  for (int i = 0; i < 10; ++i) kernel.commit(Op::CREATE, "Namespace", "n" + std::to_string(i));
  EXPECT_EQ(kernel.fake.transactions, 10u);
  EXPECT_EQ(kernel.store->cache().all().size(), 10u);
}

TEST(ObjectStore, AppliesTheSameTwiceWithoutAChange) {
  TestKernel kernel;
  auto first = kernel.commit(Op::APPLY, "Namespace", "a", kernel.description("x"));
  auto again = kernel.commit(Op::APPLY, "Namespace", "a", kernel.description("x"));
  EXPECT_EQ(again.getRevision(), first.getRevision());
  EXPECT_EQ(kernel.fake.transactions, 1u);
  auto other = kernel.commit(Op::APPLY, "Namespace", "a", kernel.description("y"));
  EXPECT_EQ(other.getObjects()[0].getMetadata().getGeneration(), 2u);
  kernel.commit(Op::APPLY, "Namespace", "empty");
  uint64_t revision = kernel.store->revision();
  kernel.commit(Op::APPLY, "Namespace", "empty");
  EXPECT_EQ(kernel.store->revision(), revision);
}

TEST(ObjectStore, RemovingAFinalizerIsNotDurableWhileDeletingIs) {
  TestKernel kernel;
  kernel.commit(Op::CREATE, "Namespace", "a");
  kernel.commit(Op::ADD_FINALIZER, "Namespace", "a", {}, "test");
  unsigned durable = kernel.fake.durable;
  kernel.commit(Op::DELETE, "Namespace", "a");
  EXPECT_EQ(kernel.fake.durable, durable + 1);
  kernel.commit(Op::REMOVE_FINALIZER, "Namespace", "a", {}, "test");
  EXPECT_EQ(kernel.fake.durable, durable + 1);
  EXPECT_FALSE(kernel.exists("Namespace", "a"));
}

TEST(ObjectStore, StatusLeavesSpecAndIsNotDurable) {
  TestKernel kernel;
  kernel.commit(Op::CREATE, "Namespace", "a", kernel.description("x"));
  unsigned durable = kernel.fake.durable;
  auto response = kernel.commit(Op::STATUS, "Namespace", "a", [](Builder object) {
    object.getStatus().initAs<schema::NamespaceStatus>().setPhase(
        schema::NamespaceStatus::Phase::TERMINATING);
  });
  EXPECT_EQ(kernel.fake.durable, durable);
  EXPECT_EQ(response.getObjects()[0].getMetadata().getGeneration(), 1u);
  EXPECT_EQ(kernel.descriptionOf("a"), "x");
  kernel.commit(Op::UPDATE, "Namespace", "a", kernel.description("y"));
  EXPECT_TRUE(kernel.find("Namespace", "a")->object().hasStatus());
}

TEST(ObjectStore, ComparesRevisionAndUid) {
  TestKernel kernel;
  auto made = kernel.commit(Op::CREATE, "Namespace", "a");
  uint64_t revision = made.getRevision();
  auto at = [&](uint64_t wanted) {
    return [wanted](Builder object) {
      object.getMetadata().setRevision(wanted);
      object.getSpec().initAs<schema::NamespaceSpec>().setDescription("new");
    };
  };
  EXPECT_TRUE(kernel.errorOf([&] { kernel.commit(Op::UPDATE, "Namespace", "a", at(revision + 7)); })
                  .starts_with("conflict namespace a is at revision"));
  EXPECT_EQ(kernel.errorOf([&] { kernel.commit(Op::UPDATE, "Namespace", "a", at(revision)); }), "");
  EXPECT_TRUE(kernel
                  .errorOf([&] {
                    kernel.commit(Op::DELETE, "Namespace", "a",
                                  [](Builder object) { object.getMetadata().setUid("another"); });
                  })
                  .starts_with("conflict"));
  EXPECT_TRUE(kernel.errorOf([&] { kernel.commit(Op::UPDATE, "Namespace", "b"); })
                  .starts_with("not-found namespace b"));
}

TEST(ObjectStore, ATransactionIsAllOrNothing) {
  TestKernel kernel;
  kernel.commit(Op::CREATE, "Namespace", "there");
  auto send = [&](std::vector<std::string> names) {
    auto request = kernel.client().commitRequest();
    auto changes = request.initChanges(names.size());
    for (unsigned i = 0; i < names.size(); ++i) {
      changes[i].initObject().initMetadata().setKind("Namespace");
      changes[i].getObject().getMetadata().setName(names[i].c_str());
    }
    return request.send().wait(kernel.io.waitScope);
  };
  EXPECT_TRUE(kernel.errorOf([&] { send({"new", "there"}); }).starts_with("already-exists"));
  EXPECT_FALSE(kernel.exists("Namespace", "new"));
  EXPECT_TRUE(kernel.errorOf([&] { send({"x", "x"}); }).starts_with("invalid namespace x"));
  std::vector<std::string> many;
  for (int i = 0; i < 129; ++i) many.push_back("m" + std::to_string(i));
  EXPECT_TRUE(kernel.errorOf([&] { send(many); }).starts_with("invalid a transaction"));
  many.pop_back();
  auto response = send(many);
  EXPECT_EQ(response.getObjects().size(), 128u);
  EXPECT_EQ(kernel.find("Namespace", "m0")->revision(),
            kernel.find("Namespace", "m127")->revision());
}

TEST(ObjectStore, ConcurrentCommitsOnOneObjectAllSucceed) {
  TestKernel kernel;
  kernel.commit(Op::CREATE, "Namespace", "a");
  kj::Vector<kj::Promise<void>> commits;
  for (int i = 0; i < 100; ++i) {
    commits.add(kernel.send(Op::UPDATE, "Namespace", "a", kernel.description(std::to_string(i)))
                    .ignoreResult());
  }
  kj::joinPromises(commits.releaseAsArray()).wait(kernel.io.waitScope);
  EXPECT_EQ(kernel.find("Namespace", "a")->metadata().getGeneration(), 101u);
  EXPECT_EQ(kernel.descriptionOf("a"), "99");
  EXPECT_EQ(kernel.fake.transactions, 101u);
}

TEST(ObjectStore, SeesWhatAnotherKernelWritesAndRetries) {
  TestKernel kernel;
  kernel.commit(Op::CREATE, "Namespace", "a", kernel.description("mine"));
  auto value = kernel.fake.rows().at("/o/Namespace//a").value;
  auto pending = kernel.send(Op::UPDATE, "Namespace", "a", kernel.description("next"));
  kernel.fake.put("/o/Namespace//a", value);
  kernel.fake.put("/elsewhere", "x");
  auto response = pending.wait(kernel.io.waitScope);
  EXPECT_EQ(kernel.descriptionOf("a"), "next");
  EXPECT_EQ(response.getRevision(), kernel.store->revision());
}

TEST(ObjectStore, DeletionWaitsForFinalizers) {
  TestKernel kernel;
  kernel.commit(Op::CREATE, "Namespace", "a");
  kernel.commit(Op::ADD_FINALIZER, "Namespace", "a", {}, "engine");
  kernel.commit(Op::ADD_FINALIZER, "Namespace", "a", {}, "network");
  auto deleted = kernel.commit(Op::DELETE, "Namespace", "a");
  EXPECT_NE(deleted.getObjects()[0].getMetadata().getDeleted(), 0);
  auto again = kernel.commit(Op::DELETE, "Namespace", "a");
  EXPECT_EQ(again.getRevision(), deleted.getRevision());
  EXPECT_TRUE(kernel.errorOf([&] { kernel.commit(Op::APPLY, "Namespace", "a"); })
                  .starts_with("conflict namespace a is being deleted"));
  EXPECT_TRUE(
      kernel.errorOf([&] { kernel.commit(Op::ADD_FINALIZER, "Namespace", "a", {}, "late"); })
          .starts_with("conflict"));
  kernel.commit(Op::REMOVE_FINALIZER, "Namespace", "a", {}, "engine");
  EXPECT_TRUE(kernel.exists("Namespace", "a"));
  kernel.commit(Op::REMOVE_FINALIZER, "Namespace", "a", {}, "network");
  EXPECT_FALSE(kernel.exists("Namespace", "a"));
  EXPECT_TRUE(kernel.fake.rows().empty());
}

TEST(ObjectStore, DeletesWhatItsLastOwnerLeaves) {
  TestKernel kernel;
  kernel.commit(Op::CREATE, "Namespace", "one");
  kernel.commit(Op::CREATE, "Namespace", "two");
  auto owned = [](Builder object) {
    auto owners = object.getMetadata().initOwners(2);
    owners[0].setKind("Namespace");
    owners[0].setName("one");
    owners[1].setKind("ns");
    owners[1].setName("two");
  };
  kernel.commit(Op::CREATE, "Volume", "child", owned);
  kernel.commit(Op::CREATE, "Volume", "grandchild", [](Builder object) {
    object.getMetadata().initOwners(1)[0].setKind("Volume");
    object.getMetadata().getOwners()[0].setName("child");
  });
  kernel.commit(Op::DELETE, "Namespace", "one");
  kernel.turn(5);
  EXPECT_TRUE(kernel.exists("Volume", "child"));
  kernel.commit(Op::DELETE, "Namespace", "two");
  kernel.until([&] { return !kernel.exists("Volume", "grandchild"); });
  EXPECT_FALSE(kernel.exists("Volume", "child"));
  EXPECT_TRUE(kernel.errorOf([&] { kernel.commit(Op::CREATE, "Volume", "orphan", owned); })
                  .find("does not exist; make it first") != std::string::npos);
}

TEST(ObjectStore, CollectsOrphansAfterARestart) {
  TestKernel kernel;
  kernel.commit(Op::CREATE, "Namespace", "owner");
  kernel.commit(Op::CREATE, "Volume", "child", [](Builder object) {
    object.getMetadata().initOwners(1)[0].setKind("Namespace");
    object.getMetadata().getOwners()[0].setName("owner");
  });
  kernel.fake.rows().erase("/o/Namespace//owner");
  kernel.restart();
  kernel.until([&] { return !kernel.exists("Volume", "child"); });
}

TEST(ObjectStore, DeniesByKind) {
  TestKernel kernel;
  Caller caller = Caller::unlimited("plugin/bridge");
  caller.mayWrite = [](const std::string& kind) { return kind == "Network"; };
  caller.mayRead = [](const std::string& kind) { return kind != "Secret"; };
  caller.mayRegisterKinds = false;
  caller.missingGrantHint = "plug-in network/bridge has no grant \"objects\"";
  kernel.objects = kernel.store->clientFor(caller);
  EXPECT_EQ(kernel.errorOf([&] { kernel.commit(Op::CREATE, "Namespace", "a"); }),
            "denied plugin/bridge may not write objects of kind Namespace: plug-in network/bridge "
            "has no grant \"objects\"");
  EXPECT_EQ(kernel.errorOf([&] { kernel.commit(Op::CREATE, "Network", "a"); }), "");
  auto list = kernel.client().listRequest();
  list.initQuery().setKind("secrets");
  EXPECT_TRUE(kernel.errorOf([&] { list.send().wait(kernel.io.waitScope); }).starts_with("denied"));
  auto kind = kernel.client().registerKindRequest();
  EXPECT_TRUE(kernel.errorOf([&] { kind.send().wait(kernel.io.waitScope); }).starts_with("denied"));
}

TEST(ObjectStore, ListsInOrderAndByRequirement) {
  TestKernel kernel;
  for (const char* name : {"c", "a", "b"}) {
    kernel.commit(Op::CREATE, "Namespace", name, [&](Builder object) {
      auto label = object.getMetadata().initLabels(1)[0];
      label.setKey("tier");
      label.setValue(*name == 'a' ? "front" : "back");
      object.getSpec().initAs<schema::NamespaceSpec>().setDescription(name);
    });
  }
  auto names = [&](std::function<void(schema::Query::Builder)> fill) {
    auto request = kernel.client().listRequest();
    request.initQuery().setKind("namespaces");
    fill(request.getQuery());
    auto response = request.send().wait(kernel.io.waitScope);
    std::string result;
    for (auto object : response.getObjects()) result += object.getMetadata().getName().cStr();
    return result;
  };
  EXPECT_EQ(names([](auto) {}), "abc");
  EXPECT_EQ(names([](auto query) {
              auto requirement = query.initLabels(1)[0];
              requirement.setKey("tier");
              requirement.setOp(schema::Requirement::Op::NOT_EQUALS);
              requirement.initValues(1).set(0, "front");
            }),
            "bc");
  EXPECT_EQ(names([](auto query) {
              auto requirement = query.initFields(1)[0];
              requirement.setKey("spec.description");
              requirement.setOp(schema::Requirement::Op::IS_IN);
              requirement.initValues(2).set(0, "a");
              requirement.getValues().set(1, "c");
            }),
            "ac");
  EXPECT_EQ(kernel
                .errorOf([&] {
                  names([](auto query) { query.initFields(1)[0].setKey("spec.descriptoin"); });
                })
                .substr(0, 7),
            "invalid");
}

TEST(ObjectStore, ServesAHundredThousandObjects) {
  TestKernel kernel;
  constexpr unsigned count = 100'000;
  for (unsigned begin = 0; begin < count; begin += 125 * 16) {
    kj::Vector<kj::Promise<void>> commits;
    for (unsigned part = begin; part < begin + 125 * 16; part += 125) {
      auto request = kernel.client().commitRequest();
      auto changes = request.initChanges(125);
      for (unsigned i = 0; i < 125; ++i) {
        auto metadata = changes[i].initObject().initMetadata();
        metadata.setKind("Namespace");
        metadata.setName(("n" + std::to_string(part + i)).c_str());
      }
      commits.add(request.send().ignoreResult());
    }
    kj::joinPromises(commits.releaseAsArray()).wait(kernel.io.waitScope);
  }
  auto request = kernel.client().listRequest();
  request.initQuery().setKind("Namespace");
  auto response = request.send().wait(kernel.io.waitScope);
  EXPECT_EQ(response.getObjects().size(), count);
}

}  // namespace
}  // namespace stave::testing
