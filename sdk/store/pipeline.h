#pragma once

#include <kj/async.h>
#include <kj/function.h>
#include <stave/store/plan.h>
#include <stave/store/service.h>
#include <stave/task.h>

#include <deque>
#include <optional>

namespace stave {

/// Takes transactions in order and puts them through the journal in groups: while one group is
/// being written the next one gathers. The index changes only after the journal has answered, so
/// nobody reads what may still be lost.
class StorePipeline {
 public:
  struct Work {
    StoreTransaction transaction;
    bool durable = false;
    std::optional<StoreLeaseRecord> granted = {};
    uint64_t endedLease = 0;
  };

  StorePipeline(StoreIndex& index, StoreJournal* journal, std::vector<StoreIndex::Place> forgotten,
                StoreOptions options, kj::Function<void()> onApplied);

  kj::Promise<StoreOutcome> submit(Work work);

  /// Forgets history before `revision` now in memory, and by and by in the journal.
  void compact(uint64_t revision);

  /// Refuses new work; done when all that was taken is done. The journal is not used afterwards.
  kj::Promise<void> finish();

 private:
  struct Entry {
    Work work;
    kj::Own<kj::PromiseFulfiller<StoreOutcome>> fulfiller;
  };
  using Group = std::vector<Entry>;

  static constexpr size_t maximumGroup = 512;
  static constexpr size_t maximumForgotten = 1'000;

  void wake();
  Task<> run();
  Task<> writeGroup();
  Group takeGroup();
  std::shared_ptr<StoreBatch> plan(const Group& group, std::vector<StoreOutcome>& outcomes);
  void apply(const StoreBatch& batch, Group& group, std::vector<StoreOutcome>& outcomes);
  void refuse(Group& group, const StoreBatch& batch, const kj::Exception& exception);
  void compactOld();

  StoreIndex& index_;
  StoreJournal* journal_;
  StoreOptions options_;
  kj::Function<void()> onApplied_;
  std::deque<Entry> queue_;
  std::deque<StoreIndex::Place> forgotten_;  // that the journal still has
  size_t alone_ = 0;  // so many entries go one by one: the group that they were in failed
  bool running_ = false;
  bool finishing_ = false;
  bool compacting_ = true;  // the journal takes deletions
  std::vector<kj::Own<kj::PromiseFulfiller<void>>> idle_;
  kj::Promise<void> worker_ = nullptr;
};

}  // namespace stave
