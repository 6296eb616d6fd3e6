#pragma once

#include "core.h"

namespace stave {

/// Tells one sink what is written to a range, from the history that the index keeps. There is no
/// queue: a watcher that falls behind what is kept is told that it has ended.
class StoreWatch final : public schema::Handle::Server {
 public:
  StoreWatch(kj::Own<StoreService::Core> core, StoreRange range, uint64_t from,
             schema::StoreWatchSink::Client sink);
  ~StoreWatch() noexcept;

  /// Tells the sink that no more will come.
  kj::Promise<void> end(kj::StringPtr why);

 private:
  struct Batch {
    std::vector<StoreIndex::Found> events;
    uint64_t revision = 0;
  };

  static constexpr size_t bytesPerMessage = 1 << 20;

  Task<> run();
  Batch gather();
  kj::Promise<void> send(const Batch& batch);

  kj::Own<StoreService::Core> core_;
  StoreRange range_;
  uint64_t next_;  // the first revision that was not told
  schema::StoreWatchSink::Client sink_;
  std::list<StoreWatch*>::iterator place_;
  kj::Promise<void> task_;
};

}  // namespace stave
