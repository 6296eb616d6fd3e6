#include "kernel/object/change.h"

#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/schema/objects/system.capnp.h>

#include <set>

#include "kernel/object/test_versions.h"

namespace stave::testing {
namespace {

using Effect = Outcome::Effect;
using Op = schema::Change::Op;
using Builder = schema::Object::Builder;

FillObject described(const std::string& text) {
  return [text](Builder object) {
    object.getSpec().initAs<schema::NamespaceSpec>().setDescription(text.c_str());
  };
}

const ObjectKey key{"Namespace", "", "a"};

struct ChangeTest : ::testing::Test {
  ~ChangeTest() noexcept override {}

  Outcome evaluate(Op op, const FillObject& fill = {}, const std::string& finalizer = "",
                   const std::vector<Outcome>& earlier = {}) {
    messages.emplace_back(std::make_unique<capnp::MallocMessageBuilder>());
    auto change = messages.back()->initRoot<schema::Change>();
    change.setOp(op);
    change.setFinalizer(finalizer.c_str());
    auto object = change.initObject();
    object.initMetadata().setName("a");
    if (fill) fill(object);
    messages.emplace_back(std::make_unique<capnp::MallocMessageBuilder>());
    auto cause = messages.back()->initRoot<schema::Cause>();
    cause.setReason("a test");
    cause.setActor("somebody/else");
    ChangeEvaluator evaluator(kinds, validator, cache, {"user/test", cause.asReader(), 1000});
    return evaluator.evaluate(key, change.asReader(), earlier);
  }
  std::string error(Op op, const FillObject& fill = {}, const std::string& finalizer = "") {
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { evaluate(op, fill, finalizer); })) {
      return std::string(nameOf(codeOf(*exception)));
    }
    return "";
  }

  /// The outcome is what the object is from now on.
  schema::Metadata::Reader take(Outcome outcome, uint64_t revision) {
    auto version = std::make_shared<ObjectVersion>(key, std::move(outcome.message), 1, revision);
    cache.replace(key, version);
    return version->metadata();
  }

  Kinds kinds;
  Validator validator;
  ObjectCache cache;
  std::vector<MessagePtr> messages;
};

TEST_F(ChangeTest, CreatesOnce) {
  auto outcome = evaluate(Op::CREATE, described("x"));
  EXPECT_EQ(outcome.effect, Effect::put);
  EXPECT_TRUE(outcome.durable);
  auto metadata = take(std::move(outcome), 1);
  EXPECT_EQ(metadata.getGeneration(), 1u);
  EXPECT_EQ(metadata.getCreated(), 1000);
  EXPECT_EQ(metadata.getUid().size(), 64u);
  EXPECT_STREQ(metadata.getChangedBy().getActor().cStr(), "user/test")
      << "not what the caller says";
  EXPECT_STREQ(metadata.getCreatedBy().getReason().cStr(), "a test");
  EXPECT_EQ(error(Op::CREATE), "already-exists");
}

TEST_F(ChangeTest, GenerationCountsChangesOfTheSpecAlone) {
  take(evaluate(Op::CREATE, described("x")), 1);
  EXPECT_EQ(take(evaluate(Op::UPDATE, withLabel("l", "v")), 2).getGeneration(), 2u);
  EXPECT_EQ(take(evaluate(Op::UPDATE, described("y")), 3).getGeneration(), 3u);
  auto labelled = evaluate(Op::UPDATE, [](Builder object) {
    described("y")(object);
    withLabel("l", "w")(object);
  });
  EXPECT_EQ(take(std::move(labelled), 4).getGeneration(), 3u);
}

TEST_F(ChangeTest, TheSameAgainIsNoChange) {
  take(evaluate(Op::CREATE, described("x")), 1);
  for (auto op : {Op::APPLY, Op::UPDATE}) {
    EXPECT_EQ(evaluate(op, described("x")).effect, Effect::none);
  }
}

TEST_F(ChangeTest, WhatIsNotThereCannotBeChanged) {
  for (auto op : {Op::UPDATE, Op::STATUS, Op::DELETE, Op::ADD_FINALIZER, Op::REMOVE_FINALIZER}) {
    EXPECT_EQ(error(op, {}, "f"), "not-found") << int(op);
  }
  EXPECT_EQ(evaluate(Op::APPLY, described("x")).effect, Effect::put);
  EXPECT_EQ(error(static_cast<Op>(99)), "invalid");
}

TEST_F(ChangeTest, ComparesRevisionAndUid) {
  take(evaluate(Op::CREATE), 5);
  auto at = [](uint64_t revision, const char* uid) {
    return [revision, uid](Builder object) {
      object.getMetadata().setRevision(revision);
      object.getMetadata().setUid(uid);
    };
  };
  EXPECT_EQ(error(Op::UPDATE, at(4, "")), "conflict");
  EXPECT_EQ(error(Op::UPDATE, at(5, "")), "");
  EXPECT_EQ(error(Op::DELETE, at(0, "another")), "conflict");
  cache.replace(key, nullptr);
  EXPECT_EQ(error(Op::APPLY, at(5, "")), "conflict") << "it is gone meanwhile";
}

TEST_F(ChangeTest, AStatusIsItsOwnAndNotDurable) {
  take(evaluate(Op::CREATE, described("x")), 1);
  auto outcome = evaluate(Op::STATUS, [](Builder object) {
    described("not taken")(object);
    using Phase = schema::NamespaceStatus::Phase;
    object.getStatus().initAs<schema::NamespaceStatus>().setPhase(Phase::TERMINATING);
  });
  EXPECT_EQ(outcome.effect, Effect::put);
  EXPECT_FALSE(outcome.durable);
  take(std::move(outcome), 2);
  auto object = cache.find(key)->object();
  EXPECT_STREQ(object.getSpec().getAs<schema::NamespaceSpec>().getDescription().cStr(), "x");
}

TEST_F(ChangeTest, DeletionWaitsForTheLastFinalizer) {
  take(evaluate(Op::CREATE), 1);
  take(evaluate(Op::ADD_FINALIZER, {}, "engine"), 2);
  EXPECT_EQ(evaluate(Op::ADD_FINALIZER, {}, "engine").effect, Effect::none);
  auto deleted = take(evaluate(Op::DELETE), 3);
  EXPECT_EQ(deleted.getDeleted(), 1000);
  EXPECT_EQ(evaluate(Op::DELETE).effect, Effect::none);
  EXPECT_EQ(error(Op::APPLY), "conflict");
  EXPECT_EQ(error(Op::ADD_FINALIZER, {}, "late"), "conflict");
  EXPECT_EQ(evaluate(Op::REMOVE_FINALIZER, {}, "other").effect, Effect::none);
  auto outcome = evaluate(Op::REMOVE_FINALIZER, {}, "engine");
  EXPECT_EQ(outcome.effect, Effect::remove);
  ASSERT_NE(outcome.message, nullptr) << "the cause of the removal is told";
}

TEST_F(ChangeTest, WithoutFinalizersADeletionRemoves) {
  take(evaluate(Op::CREATE), 1);
  EXPECT_EQ(evaluate(Op::DELETE).effect, Effect::remove);
}

TEST_F(ChangeTest, WhoHasCleanedUpDeletesAndLetsGoAtOnce) {
  take(evaluate(Op::CREATE), 1);
  take(evaluate(Op::ADD_FINALIZER, {}, "engine"), 2);
  EXPECT_EQ(evaluate(Op::DELETE, {}, "network").effect, Effect::put) << "not the one that holds it";
  auto ended = [](Builder object) {
    object.getStatus().initAs<schema::NamespaceStatus>().setPhase(
        schema::NamespaceStatus::Phase::TERMINATING);
  };
  auto outcome = evaluate(Op::DELETE, ended, "engine");
  EXPECT_EQ(outcome.effect, Effect::remove);
  EXPECT_FALSE(outcome.durable);
  auto last = outcome.message->getRoot<schema::Object>().getStatus();
  EXPECT_EQ(last.getAs<schema::NamespaceStatus>().getPhase(),
            schema::NamespaceStatus::Phase::TERMINATING);
  EXPECT_TRUE(evaluate(Op::DELETE).durable);
}

TEST_F(ChangeTest, AStatusMayAddAFinalizer) {
  take(evaluate(Op::CREATE), 1);
  auto held = take(evaluate(Op::STATUS, {}, "engine"), 2);
  EXPECT_EQ(held.getFinalizers().size(), 1u);
  EXPECT_EQ(evaluate(Op::STATUS, {}, "engine").effect, Effect::none);
  EXPECT_EQ(error(Op::STATUS, {}, "no name!"), "invalid");
  take(evaluate(Op::DELETE), 3);
  EXPECT_EQ(evaluate(Op::STATUS, {}, "late").effect, Effect::none) << "it is being deleted";
}

TEST_F(ChangeTest, AnOwnerIsKnownByItsUid) {
  auto owned = [](const char* name, const char* uid) {
    return [name, uid](Builder object) {
      auto owner = object.getMetadata().initOwners(1)[0];
      owner.setKind("namespace");
      owner.setName(name);
      owner.setUid(uid);
    };
  };
  EXPECT_EQ(error(Op::CREATE, owned("nobody", "")), "invalid");
  EXPECT_EQ(error(Op::CREATE, owned("b", std::string(65, 'f').c_str())), "invalid");
  ObjectKey other{"Namespace", "", "b"};
  cache.replace(other, versionOf(other, 3));
  auto metadata = take(evaluate(Op::CREATE, owned("b", "")), 4);
  EXPECT_STREQ(metadata.getOwners()[0].getUid().cStr(), "uid-b");
  EXPECT_STREQ(metadata.getOwners()[0].getKind().cStr(), "Namespace");
}

TEST_F(ChangeTest, AnOwnerMayBeMadeInTheSameTransaction) {
  std::vector<Outcome> earlier;
  Outcome& made = earlier.emplace_back();
  made.key = {"Namespace", "", "b"};
  made.effect = Effect::put;
  made.message = std::make_unique<capnp::MallocMessageBuilder>();
  made.message->initRoot<schema::Object>().initMetadata().setUid("fresh");
  auto owned = [](Builder object) {
    object.getMetadata().initOwners(1)[0].setKind("Namespace");
    object.getMetadata().getOwners()[0].setName("b");
  };
  auto metadata = take(evaluate(Op::CREATE, owned, "", earlier), 1);
  EXPECT_STREQ(metadata.getOwners()[0].getUid().cStr(), "fresh");
}

TEST_F(ChangeTest, ObjectsAreBounded) {
  EXPECT_EQ(error(Op::CREATE, described(std::string(900'000, 'x'))), "");
  EXPECT_EQ(error(Op::CREATE, described(std::string(1'100'000, 'x'))), "invalid");
}

TEST_F(ChangeTest, UidsAreNeverTheSame) {
  std::set<std::string> uids;
  for (int i = 0; i < 100; ++i) uids.insert(newUid());
  EXPECT_EQ(uids.size(), 100u);
  for (auto& uid : uids) {
    EXPECT_EQ(uid.size(), 64u);
    EXPECT_EQ(uid.find_first_not_of("0123456789abcdef"), std::string::npos);
  }
}

}  // namespace
}  // namespace stave::testing
