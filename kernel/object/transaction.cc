#include "kernel/object/transaction.h"

#include <kj/debug.h>

#include <algorithm>

namespace stave {

namespace {

using Effect = Outcome::Effect;

uint64_t revisionOf(const VersionPtr& version) {
  return version == nullptr ? 0 : version->revision();
}

}  // namespace

Transaction::Transaction(std::vector<Outcome> outcomes) : outcomes_(std::move(outcomes)) {
  for (auto& outcome : outcomes_) {
    values_.push_back(outcome.effect == Effect::put ? encodeMessage(*outcome.message) : nullptr);
    states_.push_back(outcome.before);
  }
}

bool Transaction::empty() const {
  return std::all_of(outcomes_.begin(), outcomes_.end(),
                     [](auto& outcome) { return outcome.effect == Effect::none; });
}

void Transaction::fill(schema::Store::TxnParams::Builder request) const {
  auto compares = request.initCompares(outcomes_.size());
  unsigned writes = 0;
  bool durable = false;
  for (unsigned i = 0; i < outcomes_.size(); ++i) {
    std::string key = outcomes_[i].key.storeKey();
    compares[i].setKey(dataOf(key));
    compares[i].setRevision(revisionOf(outcomes_[i].before));
    if (outcomes_[i].effect == Effect::none) continue;
    ++writes;
    durable = durable || outcomes_[i].durable;
  }
  request.setDurable(durable);
  auto list = request.initWrites(writes);
  for (unsigned i = 0, at = 0; i < outcomes_.size(); ++i) {
    if (outcomes_[i].effect == Effect::none) continue;
    std::string key = outcomes_[i].key.storeKey();
    list[at].setKey(dataOf(key));
    if (outcomes_[i].effect == Effect::put) {
      list[at].setPut(values_[i].asBytes());
    } else {
      list[at].setDelete();
    }
    ++at;
  }
}

std::vector<ObjectKey> Transaction::contradictedBy(
    capnp::List<schema::Entry>::Reader current) const {
  std::map<std::string_view, uint64_t> present;
  for (auto entry : current) present[view(entry.getKey())] = entry.getModRevision();
  std::vector<ObjectKey> contradicted;
  for (auto& outcome : outcomes_) {
    auto found = present.find(outcome.key.storeKey());
    uint64_t revision = found == present.end() ? 0 : found->second;
    if (revision != revisionOf(outcome.before)) contradicted.push_back(outcome.key);
  }
  return contradicted;
}

const Outcome& Transaction::witness() const {
  for (auto effect : {Effect::put, Effect::remove}) {
    for (auto& outcome : outcomes_) {
      if (outcome.effect == effect) return outcome;
    }
  }
  KJ_FAIL_REQUIRE("a transaction without writes has no witness");
}

std::string Transaction::witnessKey() const {
  return witness().key.storeKey();
}

Transaction::Verdict Transaction::judge(kj::Maybe<schema::Entry::Reader> entry) const {
  const Outcome& outcome = witness();
  KJ_IF_MAYBE (present, entry) {
    if (present->getModRevision() == revisionOf(outcome.before)) return Verdict::untouched;
    if (outcome.effect == Effect::remove) return Verdict::overtaken;
    auto value = present->getValue();
    auto& ours = values_[&outcome - outcomes_.data()];
    return value == ours.asBytes() ? Verdict::taken : Verdict::overtaken;
  }
  if (outcome.effect == Effect::remove) return Verdict::taken;
  return outcome.before == nullptr ? Verdict::untouched : Verdict::overtaken;
}

Batch Transaction::toBatch(uint64_t revision) {
  Batch batch;
  batch.revision = revision;
  for (unsigned i = 0; i < outcomes_.size(); ++i) {
    auto& outcome = outcomes_[i];
    if (outcome.effect == Effect::none) continue;
    uint64_t created = outcome.before == nullptr ? revision : outcome.before->createRevision();
    auto state =
        std::make_shared<ObjectVersion>(outcome.key, std::move(outcome.message), created, revision);
    states_[i] = state;
    bool put = outcome.effect == Effect::put;
    batch.steps.push_back({outcome.key, put ? state : nullptr, put ? nullptr : state});
  }
  return batch;
}

uint64_t Transaction::baseOf(const ObjectKey& key) const {
  for (auto& outcome : outcomes_) {
    if (outcome.key == key) return revisionOf(outcome.before);
  }
  return 0;
}

}  // namespace stave
