#pragma once

#include <kj/timer.h>
#include <stave/schema/object.capnp.h>
#include <stave/schema/store.capnp.h>
#include <stave/task.h>

#include <functional>
#include <string>
#include <vector>

#include "kernel/object/change.h"
#include "kernel/object/replica.h"
#include "kernel/object/store_feed.h"
#include "kernel/object/transaction.h"
#include "kernel/object/turns.h"

namespace stave {

/// Who uses the object store, and what it may do there.
struct Caller {
  std::string actor;  ///< "user/root", "plugin/node": goes into the causes of its changes
  std::function<bool(const std::string& kind)> mayRead;
  std::function<bool(const std::string& kind)> mayWrite;
  bool mayRegisterKinds = false;
  /// Completes the error [denied]: "plug-in network/bridge has no grant \"objects\"; add it to
  /// grants in [network.bridge]".
  std::string missingGrantHint;

  /// May do everything.
  static Caller unlimited(std::string actor);
};

/// The objects: reads from memory, writes through the store.
class ObjectStore {
 public:
  struct Limits {
    WatchHub::Limits hub;
    uint64_t retainedRevisions = 10'000;  ///< of history in the store, at least
    kj::Duration compactionInterval = 5 * kj::MINUTES;
    kj::Duration storeTimeout = 5 * kj::SECONDS;  ///< from the store's answer to its watch
  };

  struct Result {
    uint64_t revision;
    std::vector<VersionPtr> objects;
  };

  ObjectStore(kj::Timer& timer, schema::Store::Client store, std::string nodeName);
  ObjectStore(kj::Timer& timer, schema::Store::Client store, std::string nodeName, Limits limits);
  ~ObjectStore() noexcept;
  KJ_DISALLOW_COPY(ObjectStore);

  /// Reads everything from the store. Nothing else may be called before this is done.
  kj::Promise<void> load();

  /// The capability for one caller. It must not be used after the store is gone.
  schema::Objects::Client clientFor(Caller caller);

  /// `changes` and the stamp's reader must live until this is done.
  Task<Result> commit(capnp::List<schema::Change>::Reader changes, CauseStamp stamp);
  Task<> registerKind(schema::KindDefinition::Reader definition);

  /// An object at a revision of the past, from memory or the store; null if it cannot be known.
  Task<VersionPtr> stateAt(ObjectKey key, uint64_t revision);

  uint64_t revision() const { return replica_.revision(); }
  const Kinds& kinds() const { return kinds_; }
  const ObjectCache& cache() const { return replica_.cache(); }
  WatchHub& hub() { return replica_.hub(); }
  const std::string& nodeName() const { return nodeName_; }

 private:
  class Collector;

  std::vector<ObjectKey> keysOf(capnp::List<schema::Change>::Reader changes) const;
  std::vector<Outcome> evaluate(capnp::List<schema::Change>::Reader changes,
                                const std::vector<ObjectKey>& keys, const CauseStamp& stamp);
  Task<bool> write(Transaction& transaction, uint64_t& revision);
  Task<bool> settle(Transaction& transaction, kj::Exception failure, uint64_t& revision);
  Task<> catchUp(Transaction& transaction, std::vector<ObjectKey> keys);
  Task<> reach(uint64_t revision);
  Task<bool> writeKind(std::shared_ptr<capnp::MallocMessageBuilder> definition);
  Task<> compactFromTimeToTime();

  kj::Timer& timer_;
  schema::Store::Client store_;
  std::string nodeName_;
  Limits limits_;
  Kinds kinds_;
  Validator validator_;
  uint64_t validatedKinds_ = 0;  // the version of the kinds whose rules the validator has
  Replica replica_;
  StoreFeed feed_;
  Turns turns_;
  kj::Own<Collector> collector_;
  kj::Promise<void> compacting_ = nullptr;
};

/// Unix time in nanoseconds.
int64_t unixNow();

}  // namespace stave
