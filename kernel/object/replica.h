#pragma once

#include <kj/async.h>

#include <map>
#include <memory>
#include <vector>

#include "kernel/event/watch_hub.h"
#include "kernel/object/kinds.h"
#include "kernel/object/object_cache.h"

namespace stave {

/// One object's part of a transaction that the store has taken.
struct Step {
  ObjectKey key;
  VersionPtr after;  ///< null: removed
  VersionPtr last;   ///< of a removal, if the cause is known; else made from what the cache has
};

/// One transaction that the store has taken.
struct Batch {
  uint64_t revision = 0;
  std::vector<Step> steps;
  std::vector<std::shared_ptr<capnp::MallocMessageBuilder>> kinds;
};

/// The store's state in memory, always exactly as of one revision.
///
/// Transactions arrive from two sides: the answers to our own, and the store's watch, which has
/// also those of other kernels. Each revision is applied once, in order: an answer at once if it is
/// the very next revision, else when what lies between has come through the watch.
class Replica {
 public:
  Replica(Kinds& kinds, WatchHub::Limits limits);
  ~Replica() noexcept;
  KJ_DISALLOW_COPY(Replica);

  /// The answer to a transaction of our own.
  void answered(Batch batch);

  /// From the watch: everything up to `revision`, in order.
  void watched(uint64_t revision, std::vector<Batch> batches);

  /// From a listing: the whole state at `revision`. Whoever watches is told the difference, or that
  /// its watch is lost if the store has gone back in time.
  void listed(uint64_t revision, Batch all);

  /// While a listing is under way answers are kept back: it may be older than they are.
  void beginListing() { listing_ = true; }

  /// Done when the state is as of this revision or later.
  kj::Promise<void> reached(uint64_t revision);
  kj::Promise<void> advanced() { return reached(revision_ + 1); }

  uint64_t revision() const { return revision_; }
  const ObjectCache& cache() const { return cache_; }
  WatchHub& hub() { return hub_; }

  /// Called for each change after it was applied.
  void onChange(kj::Function<void(const ObjectChange&)> callback) { onChange_ = kj::mv(callback); }

 private:
  void apply(Batch batch);
  void applyAnswers();
  void advanceTo(uint64_t revision);
  void replaceAll(uint64_t revision, Batch all);
  std::vector<Batch> difference(uint64_t revision, Batch all);

  Kinds& kinds_;
  ObjectCache cache_;
  WatchHub hub_;
  uint64_t revision_ = 0;
  bool loaded_ = false;
  bool listing_ = false;
  std::map<uint64_t, Batch> answers_;  // that are ahead of the state
  std::multimap<uint64_t, kj::Own<kj::PromiseFulfiller<void>>> waiting_;
  kj::Maybe<kj::Function<void(const ObjectChange&)>> onChange_;
};

}  // namespace stave
