#pragma once

#include <stave/store/service.h>
#include <stave/worker_pool.h>

#include <atomic>
#include <string>

#include "database.h"

namespace stave::sqlite {

/// Every retained version of every key as one row of one SQLite table, in order of revision. Only
/// the journal's own thread uses the database once it is open.
class Journal final : public StoreJournal {
 public:
  struct Options {
    std::string path;
    uint64_t checkpointBytes = 8 << 20;
  };

  struct Opened {
    kj::Own<Journal> journal;
    StoreState state;
  };

  /// Opens the file, checks it, and reads all of it. Fails as `Database` does, and [invalid] for a
  /// database of something else or of a later version of the platform.
  static Opened open(Options options);

  explicit Journal(Options options);
  ~Journal() noexcept;

  kj::Promise<void> write(std::shared_ptr<const StoreBatch> batch) override;
  uint64_t bytes() override;

 private:
  struct Statements;

  StoreState load();
  void prepareFile();
  void checkFile();
  void writeBatch(const StoreBatch& batch);
  void insertRows(const StoreBatch& batch);
  void forget(const StoreBatch& batch);
  void checkpoint();

  Options options_;
  Database database_;
  std::unique_ptr<Statements> statements_;
  uint64_t compactRevision_ = 0;
  bool fullSync_ = true;
  bool broken_ = false;
  std::atomic<bool> checkpointDue_ = false;
  kj::Promise<void> checkpointing_ = nullptr;
  WorkerPool thread_{1};  // ends before what its jobs use
};

}  // namespace stave::sqlite
