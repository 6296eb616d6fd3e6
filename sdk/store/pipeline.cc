#include "pipeline.h"

#include <kj/debug.h>
#include <stave/error.h>

#include <algorithm>

namespace stave {

namespace {

/// The promise's failure as a value, because a coroutine cannot wait where it catches.
kj::Promise<kj::Maybe<kj::Exception>> failureOf(kj::Promise<void> promise) {
  return promise.then(
      []() -> kj::Maybe<kj::Exception> { return nullptr; },
      [](kj::Exception&& failure) -> kj::Maybe<kj::Exception> { return kj::mv(failure); });
}

}  // namespace

StorePipeline::StorePipeline(StoreIndex& index, StoreJournal* journal,
                             std::vector<StoreIndex::Place> forgotten, StoreOptions options,
                             kj::Function<void()> onApplied)
    : index_(index),
      journal_(journal),
      options_(options),
      onApplied_(kj::mv(onApplied)),
      forgotten_(forgotten.begin(), forgotten.end()) {
  compactOld();
}

kj::Promise<StoreOutcome> StorePipeline::submit(Work work) {
  if (finishing_) fail(ErrorCode::UNAVAILABLE, "the store is going away");
  auto pair = kj::newPromiseAndFulfiller<StoreOutcome>();
  queue_.push_back({kj::mv(work), kj::mv(pair.fulfiller)});
  wake();
  return kj::mv(pair.promise);
}

void StorePipeline::compact(uint64_t revision) {
  auto places = index_.compact(revision);
  if (journal_ == nullptr || finishing_) return;
  forgotten_.insert(forgotten_.end(), places.begin(), places.end());
  wake();
}

void StorePipeline::compactOld() {
  auto slack = std::max<uint64_t>(16, options_.retainRevisions / 16);
  if (index_.revision() <= index_.compactRevision() + options_.retainRevisions + slack) return;
  compact(index_.revision() - options_.retainRevisions);
}

kj::Promise<void> StorePipeline::finish() {
  finishing_ = true;
  if (!running_) return kj::READY_NOW;
  auto pair = kj::newPromiseAndFulfiller<void>();
  idle_.push_back(kj::mv(pair.fulfiller));
  return kj::mv(pair.promise);
}

void StorePipeline::wake() {
  if (running_) return;
  running_ = true;
  worker_ = kj::evalLater([this]() { return run().promise(); }).eagerlyEvaluate([](auto&& failure) {
    KJ_LOG(FATAL, "the store's pipeline broke", failure);
  });
}

Task<> StorePipeline::run() {
  // Whatever else is ready in this turn of the loop shall be in the first group.
  co_await kj::evalLast([]() {});
  while (!queue_.empty() || (compacting_ && !finishing_ && !forgotten_.empty())) {
    co_await writeGroup();
  }
  running_ = false;
  for (auto& fulfiller : idle_) fulfiller->fulfill();
  idle_.clear();
}

Task<> StorePipeline::writeGroup() {
  auto group = takeGroup();
  std::vector<StoreOutcome> outcomes;
  auto batch = plan(group, outcomes);
  if (journal_ != nullptr) {
    auto failure = co_await failureOf(journal_->write(batch));
    KJ_IF_MAYBE (exception, failure) {
      refuse(group, *batch, *exception);
      co_return;
    }
  }
  apply(*batch, group, outcomes);
}

StorePipeline::Group StorePipeline::takeGroup() {
  size_t limit = alone_ > 0 ? 1 : maximumGroup;
  size_t bytes = 0;
  Group group;
  while (!queue_.empty() && group.size() < limit && bytes < StoreTransaction::maximumBytes) {
    for (auto& write : queue_.front().work.transaction.writes) {
      bytes += write.value ? write.value->size() : 0;
    }
    group.push_back(kj::mv(queue_.front()));
    queue_.pop_front();
  }
  alone_ -= std::min(alone_, group.size());
  return group;
}

std::shared_ptr<StoreBatch> StorePipeline::plan(const Group& group,
                                                std::vector<StoreOutcome>& outcomes) {
  auto batch = std::make_shared<StoreBatch>();
  StorePlan plan(index_);
  for (auto& [work, fulfiller] : group) {
    batch->durable |= work.durable;
    if (work.granted) batch->granted.push_back(*work.granted);
    if (work.endedLease != 0) batch->ended.push_back(work.endedLease);
    outcomes.push_back(work.endedLease != 0 ? plan.endLease(work.endedLease)
                                            : plan.add(work.transaction));
  }
  batch->rows = plan.takeRows();
  auto count = std::min(forgotten_.size(), maximumForgotten);
  batch->forgotten.assign(forgotten_.begin(), forgotten_.begin() + count);
  forgotten_.erase(forgotten_.begin(), forgotten_.begin() + count);
  batch->compactRevision = index_.compactRevision();
  return batch;
}

void StorePipeline::apply(const StoreBatch& batch, Group& group,
                          std::vector<StoreOutcome>& outcomes) {
  for (auto& row : batch.rows) index_.apply(row);
  for (size_t i = 0; i < group.size(); ++i) group[i].fulfiller->fulfill(kj::mv(outcomes[i]));
  compacting_ = true;
  if (batch.rows.empty()) return;
  onApplied_();
  compactOld();
}

/// A group that failed is tried again one by one: a transaction that does not fit on the disk shall
/// not take down those that do. A failed deletion of old rows waits for the next write.
void StorePipeline::refuse(Group& group, const StoreBatch& batch, const kj::Exception& exception) {
  forgotten_.insert(forgotten_.begin(), batch.forgotten.begin(), batch.forgotten.end());
  compacting_ = false;
  if (group.size() > 1) {
    alone_ = std::max(alone_, group.size());
    for (auto entry = group.rbegin(); entry != group.rend(); ++entry) {
      queue_.push_front(kj::mv(*entry));
    }
    return;
  }
  for (auto& entry : group) entry.fulfiller->reject(kj::cp(exception));
}

}  // namespace stave
