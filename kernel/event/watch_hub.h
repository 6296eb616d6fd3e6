#pragma once

#include <stave/capability.h>
#include <stave/task.h>

#include <map>
#include <set>

#include "kernel/event/watch_queue.h"
#include "kernel/object/object_cache.h"

namespace stave {

/// Tells watchers what changes. A writer only puts a shared pointer into the queues of the watchers
/// whose query it concerns; each watcher is then told in its own time, one call after the other.
class WatchHub {
 public:
  struct Limits {
    size_t historyChanges = 16'384;
    size_t historyWords = 4'194'304;  // 32 MiB
    size_t batchEntries = 512;
    size_t batchWords = 131'072;  // 1 MiB
  };

  WatchHub(const ObjectCache& cache, Limits limits);
  ~WatchHub() noexcept;
  KJ_DISALLOW_COPY(WatchHub);

  /// All that changed up to `revision` since the last call. A revision's changes come in one call.
  void publish(uint64_t revision, const std::vector<ObjectChange>& changes);

  /// The past is no longer known: whoever watches has to list again.
  void restart(uint64_t revision, const std::string& reason);

  /// Fails [too-old] if `from` is not retained.
  schema::Handle::Client watch(Query query, uint64_t from, schema::WatchSink::Client sink);

  uint64_t revision() const { return revision_; }
  const History& history() const { return history_; }
  size_t watchers() const;

 private:
  class Watcher;

  void checkRetained(uint64_t from) const;

  const ObjectCache& cache_;
  Limits limits_;
  History history_;
  uint64_t revision_ = 0;
  std::map<std::string, std::set<Watcher*>> watchers_;  // by kind
};

}  // namespace stave
