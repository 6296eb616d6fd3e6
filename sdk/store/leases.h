#pragma once

#include <kj/async.h>
#include <kj/function.h>
#include <kj/timer.h>
#include <stave/store/service.h>
#include <stave/task.h>

#include <map>
#include <set>

namespace stave {

/// Which leases there are and when they end. Keys are not its business.
class StoreLeases {
 public:
  /// `onExpired` is called once for a lease that was not renewed; it is not known any more then.
  StoreLeases(kj::Timer& timer, kj::Function<void(uint64_t id)> onExpired);

  static constexpr uint64_t longestMs = 366ull * 24 * 3600 * 1000;

  /// Fails [invalid] for a time that is not possible.
  static void check(uint64_t ttlMs);

  void add(StoreLeaseRecord record);
  bool has(uint64_t id) const { return leases_.count(id) != 0; }

  /// Starts its time anew and gives it; fails [not-found] if it has ended.
  uint64_t renew(uint64_t id);

  /// Whether there was one.
  bool remove(uint64_t id);

 private:
  struct Lease {
    uint64_t ttlMs;
    kj::TimePoint deadline;
  };

  Task<> run();
  void schedule(uint64_t id, Lease& lease);

  kj::Timer& timer_;
  kj::Function<void(uint64_t)> onExpired_;
  std::map<uint64_t, Lease> leases_;
  std::set<std::pair<kj::TimePoint, uint64_t>> deadlines_;
  kj::Own<kj::PromiseFulfiller<void>> earlier_;  // a deadline before the one waited for was added
  kj::Promise<void> task_;
};

}  // namespace stave
