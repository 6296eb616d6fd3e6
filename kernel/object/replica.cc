#include "kernel/object/replica.h"

#include <kj/debug.h>
#include <stave/error.h>

namespace stave {

Replica::Replica(Kinds& kinds, WatchHub::Limits limits) : kinds_(kinds), hub_(cache_, limits) {}
Replica::~Replica() noexcept {}

kj::Promise<void> Replica::reached(uint64_t revision) {
  if (revision <= revision_) return kj::READY_NOW;
  auto pair = kj::newPromiseAndFulfiller<void>();
  waiting_.emplace(revision, kj::mv(pair.fulfiller));
  return kj::mv(pair.promise);
}

void Replica::answered(Batch batch) {
  if (batch.revision <= revision_) return;
  answers_[batch.revision] = std::move(batch);
  if (!listing_) applyAnswers();
}

void Replica::applyAnswers() {
  while (!answers_.empty()) {
    auto first = answers_.begin();
    if (first->first > revision_ + 1) return;
    Batch batch = std::move(first->second);
    answers_.erase(first);
    if (batch.revision > revision_) apply(std::move(batch));
  }
}

void Replica::watched(uint64_t revision, std::vector<Batch> batches) {
  for (auto& batch : batches) {
    if (batch.revision <= revision_) continue;
    // Our own answer for this revision knows the cause of removals, which the watch does not.
    auto answer = answers_.find(batch.revision);
    apply(std::move(answer != answers_.end() ? answer->second : batch));
  }
  if (revision > revision_) advanceTo(revision);
  applyAnswers();
}

void Replica::apply(Batch batch) {
  for (auto& kind : batch.kinds) kinds_.adopt(kind);
  std::vector<ObjectChange> changes;
  changes.reserve(batch.steps.size());
  for (auto& step : batch.steps) {
    VersionPtr before = cache_.replace(step.key, step.after);
    if (before == nullptr && step.after == nullptr) continue;
    VersionPtr last;
    if (step.after == nullptr) {
      last = step.last != nullptr ? step.last : ObjectVersion::removedAt(*before, batch.revision);
    }
    changes.push_back({batch.revision, before, step.after, last});
  }
  hub_.publish(batch.revision, changes);
  KJ_IF_MAYBE (callback, onChange_) {
    for (auto& change : changes) (*callback)(change);
  }
  advanceTo(batch.revision);
}

void Replica::advanceTo(uint64_t revision) {
  revision_ = revision;
  if (hub_.revision() < revision) hub_.publish(revision, {});
  while (!waiting_.empty() && waiting_.begin()->first <= revision) {
    waiting_.begin()->second->fulfill();
    waiting_.erase(waiting_.begin());
  }
}

void Replica::listed(uint64_t revision, Batch all) {
  listing_ = false;
  if (!loaded_ || revision < revision_) {
    replaceAll(revision, std::move(all));
  } else {
    for (auto& kind : all.kinds) {
      if (!kinds_.same(*kind)) kinds_.adopt(kind);
    }
    watched(revision, difference(revision, std::move(all)));
  }
  applyAnswers();
}

void Replica::replaceAll(uint64_t revision, Batch all) {
  if (loaded_) {
    KJ_LOG(WARNING, "the store went back in time; everything is read anew", revision_, revision);
    answers_.clear();
    for (auto& [wanted, fulfiller] : waiting_) {
      fulfiller->reject(makeError(ErrorCode::UNAVAILABLE,
                                  "the store lost what it had taken; read again and decide"));
    }
    waiting_.clear();
  }
  loaded_ = true;
  for (auto& kind : all.kinds) kinds_.adopt(kind);
  cache_ = ObjectCache();
  for (auto& step : all.steps) cache_.replace(step.key, step.after);
  revision_ = revision;
  hub_.restart(revision, "the store's state was replaced by an older one; list again");
}

std::vector<Batch> Replica::difference(uint64_t revision, Batch all) {
  std::map<uint64_t, Batch> batches;
  auto batchOf = [&](uint64_t at) -> Batch& {
    batches[at].revision = at;
    return batches[at];
  };
  std::set<ObjectKey> present;
  for (auto& step : all.steps) {
    VersionPtr known = cache_.find(step.key);
    uint64_t at = step.after->revision();
    if (known == nullptr || known->revision() != at) batchOf(at).steps.push_back(step);
    present.insert(step.key);
  }
  for (auto& [key, version] : cache_.all()) {
    if (!present.contains(key)) batchOf(revision).steps.push_back({key, nullptr, nullptr});
  }
  std::vector<Batch> result;
  for (auto& [at, batch] : batches) result.push_back(std::move(batch));
  return result;
}

}  // namespace stave
