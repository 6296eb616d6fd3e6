#include "kernel/object/transaction.h"

#include <gtest/gtest.h>

#include "kernel/object/test_versions.h"

namespace stave::testing {
namespace {

using Effect = Outcome::Effect;
using Verdict = Transaction::Verdict;

Outcome outcomeOf(const std::string& name, Effect effect, VersionPtr before, bool durable = true) {
  Outcome outcome;
  outcome.key = podKey(name);
  outcome.before = std::move(before);
  outcome.effect = effect;
  outcome.durable = durable;
  if (effect == Effect::none) return outcome;
  outcome.message = std::make_unique<capnp::MallocMessageBuilder>();
  outcome.message->initRoot<schema::Object>().initMetadata().setName(name.c_str());
  return outcome;
}

template <typename... Outcomes>
Transaction transactionOf(Outcomes... outcomes) {
  std::vector<Outcome> list;
  (list.push_back(std::move(outcomes)), ...);
  return Transaction(std::move(list));
}

struct Filled {
  explicit Filled(const Transaction& transaction) {
    transaction.fill(message.initRoot<schema::Store::TxnParams>());
  }
  schema::Store::TxnParams::Reader params() {
    return message.getRoot<schema::Store::TxnParams>().asReader();
  }
  capnp::MallocMessageBuilder message;
};

/// An entry as the store has it now.
struct Present {
  Present(const std::string& name, uint64_t revision, capnp::Data::Reader value = nullptr) {
    auto entry = message.initRoot<capnp::List<schema::Entry>>(1)[0];
    entry.setKey(dataOf(podKey(name).storeKey()));
    entry.setModRevision(revision);
    entry.setValue(value);
  }
  capnp::List<schema::Entry>::Reader list() {
    return message.getRoot<capnp::List<schema::Entry>>().asReader();
  }
  schema::Entry::Reader entry() { return list()[0]; }
  capnp::MallocMessageBuilder message;
};

TEST(TransactionTest, ComparesEverythingAndWritesWhatChanges) {
  auto transaction = transactionOf(outcomeOf("new", Effect::put, nullptr),
                                   outcomeOf("same", Effect::none, podAt("same", 3)),
                                   outcomeOf("gone", Effect::remove, podAt("gone", 4)));
  Filled filled(transaction);
  auto compares = filled.params().getCompares();
  ASSERT_EQ(compares.size(), 3u);
  EXPECT_EQ(view(compares[0].getKey()), "/o/Pod/default/new");
  EXPECT_EQ(compares[0].getRevision(), 0u);
  EXPECT_EQ(compares[1].getRevision(), 3u);
  EXPECT_EQ(compares[2].getRevision(), 4u);
  auto writes = filled.params().getWrites();
  ASSERT_EQ(writes.size(), 2u);
  EXPECT_TRUE(writes[0].isPut());
  EXPECT_TRUE(writes[1].isDelete());
  EXPECT_EQ(view(writes[1].getKey()), "/o/Pod/default/gone");
  EXPECT_FALSE(transaction.empty());
}

TEST(TransactionTest, IsEmptyWithoutWrites) {
  EXPECT_TRUE(transactionOf(outcomeOf("a", Effect::none, podAt("a", 1))).empty());
}

TEST(TransactionTest, IsDurableIfOneOfItsWritesIs) {
  auto put = [](bool durable) { return outcomeOf("a", Effect::put, nullptr, durable); };
  EXPECT_FALSE(Filled(transactionOf(put(false), put(false))).params().getDurable());
  EXPECT_TRUE(Filled(transactionOf(put(false), put(true))).params().getDurable());
}

TEST(TransactionTest, NamesTheObjectsThatAreNotAsItThought) {
  auto transaction = transactionOf(outcomeOf("a", Effect::put, podAt("a", 3)),
                                   outcomeOf("b", Effect::put, podAt("b", 4)),
                                   outcomeOf("c", Effect::put, nullptr));
  EXPECT_EQ(transaction.contradictedBy(Present("a", 3).list()),
            std::vector<ObjectKey>{podKey("b")});
  EXPECT_EQ(transaction.contradictedBy(Present("c", 9).list()),
            (std::vector<ObjectKey>{podKey("a"), podKey("b"), podKey("c")}));
}

TEST(TransactionTest, JudgesAPutByItsWitness) {
  auto transaction = transactionOf(outcomeOf("same", Effect::none, podAt("same", 1)),
                                   outcomeOf("a", Effect::put, podAt("a", 3)));
  EXPECT_EQ(transaction.witnessKey(), "/o/Pod/default/a");
  EXPECT_EQ(transaction.judge(Present("a", 3).entry()), Verdict::untouched);
  Filled filled(transaction);
  auto ours = filled.params().getWrites()[0].getPut();
  EXPECT_EQ(transaction.judge(Present("a", 7, ours).entry()), Verdict::taken);
  EXPECT_EQ(transaction.judge(Present("a", 7).entry()), Verdict::overtaken);
  EXPECT_EQ(transaction.judge(nullptr), Verdict::overtaken);
}

TEST(TransactionTest, JudgesACreationByItsWitness) {
  auto transaction = transactionOf(outcomeOf("a", Effect::put, nullptr));
  EXPECT_EQ(transaction.judge(nullptr), Verdict::untouched);
  EXPECT_EQ(transaction.judge(Present("a", 7).entry()), Verdict::overtaken);
}

TEST(TransactionTest, JudgesARemovalByItsWitness) {
  auto transaction = transactionOf(outcomeOf("a", Effect::remove, podAt("a", 3)));
  EXPECT_EQ(transaction.judge(nullptr), Verdict::taken);
  EXPECT_EQ(transaction.judge(Present("a", 3).entry()), Verdict::untouched);
  EXPECT_EQ(transaction.judge(Present("a", 8).entry()), Verdict::overtaken);
}

TEST(TransactionTest, APutIsTheBetterWitness) {
  auto transaction = transactionOf(outcomeOf("gone", Effect::remove, podAt("gone", 3)),
                                   outcomeOf("a", Effect::put, nullptr));
  EXPECT_EQ(transaction.witnessKey(), "/o/Pod/default/a");
  EXPECT_ANY_THROW(transactionOf(outcomeOf("a", Effect::none, nullptr)).witnessKey());
}

TEST(TransactionTest, BecomesABatchOfWhatChanged) {
  auto same = podAt("same", 3);
  auto before = versionOf(podKey("old"), 4, {}, 2);
  auto transaction =
      transactionOf(outcomeOf("new", Effect::put, nullptr), outcomeOf("same", Effect::none, same),
                    outcomeOf("old", Effect::put, before), outcomeOf("gone", Effect::remove, same));
  auto batch = transaction.toBatch(9);
  EXPECT_EQ(batch.revision, 9u);
  ASSERT_EQ(batch.steps.size(), 3u);
  EXPECT_EQ(batch.steps[0].after->createRevision(), 9u);
  EXPECT_EQ(batch.steps[1].after->createRevision(), 2u);
  EXPECT_EQ(batch.steps[2].after, nullptr);
  EXPECT_EQ(batch.steps[2].last->revision(), 9u);
  auto& states = transaction.states();
  ASSERT_EQ(states.size(), 4u);
  EXPECT_EQ(states[0], batch.steps[0].after);
  EXPECT_EQ(states[1], same);
  EXPECT_EQ(states[3], batch.steps[2].last);
}

TEST(TransactionTest, KnowsTheRevisionsItWasMadeFor) {
  auto transaction = transactionOf(outcomeOf("a", Effect::put, podAt("a", 3)),
                                   outcomeOf("b", Effect::put, nullptr));
  EXPECT_EQ(transaction.baseOf(podKey("a")), 3u);
  EXPECT_EQ(transaction.baseOf(podKey("b")), 0u);
  EXPECT_EQ(transaction.baseOf(podKey("other")), 0u);
}

}  // namespace
}  // namespace stave::testing
