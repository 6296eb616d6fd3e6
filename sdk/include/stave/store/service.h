#pragma once

#include <kj/async.h>
#include <kj/timer.h>
#include <stave/schema/store.capnp.h>
#include <stave/store/index.h>

#include <memory>
#include <vector>

/// The whole `store` contract on a StoreIndex: transactions in groups, watches, leases, elections.
/// What a plug-in adds is a journal, which makes it last.
namespace stave {

struct StoreLeaseRecord {
  uint64_t id;
  uint64_t ttlMs;
};

/// What one write to a journal holds, all or nothing.
struct StoreBatch {
  std::vector<StoreRow> rows;  ///< in order of revision and sequence
  std::vector<StoreLeaseRecord> granted;
  std::vector<uint64_t> ended;  ///< leases
  std::vector<StoreIndex::Place>
      forgotten;  ///< rows of earlier batches that no one can ask for any more
  uint64_t compactRevision = 0;
  bool durable = false;  ///< must survive a power failure, with all before it
};

class StoreJournal {
 public:
  virtual ~StoreJournal() noexcept {}

  /// Done when the batch survives the death of the process. One at a time. Failed: nothing of it is
  /// kept.
  virtual kj::Promise<void> write(std::shared_ptr<const StoreBatch> batch) = 0;

  virtual uint64_t bytes() = 0;  ///< on disk
};

/// What a journal found when it was opened.
struct StoreState {
  StoreIndex index;
  std::vector<StoreLeaseRecord> leases;           ///< each gets its full time again
  std::vector<StoreIndex::Place> forgotten = {};  ///< rows that are still there but compacted away
};

struct StoreOptions {
  /// How many revisions stay readable and watchable without anybody asking for compaction.
  uint64_t retainRevisions = 10'000;
};

class StoreService {
 public:
  /// `journal` may be null: everything is in memory only.
  StoreService(kj::Timer& timer, StoreState state, kj::Own<StoreJournal> journal,
               StoreOptions options = {});
  ~StoreService() noexcept;

  schema::Store::Client client();

  /// Lets the writes that wait finish and tells all watchers that it ends.
  kj::Promise<void> stop();

  class Core;

 private:
  kj::Own<Core> core_;
};

/// A service that remembers nothing once it is gone. It lives as long as the client.
schema::Store::Client newMemoryStore(kj::Timer& timer, StoreOptions options = {});

}  // namespace stave
