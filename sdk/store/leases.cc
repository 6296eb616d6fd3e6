#include "leases.h"

#include <fmt/format.h>
#include <kj/debug.h>
#include <stave/error.h>

namespace stave {

StoreLeases::StoreLeases(kj::Timer& timer, kj::Function<void(uint64_t id)> onExpired)
    : timer_(timer), onExpired_(kj::mv(onExpired)), task_(nullptr) {
  task_ = run().promise().eagerlyEvaluate(
      [](kj::Exception&& failure) { KJ_LOG(FATAL, "leases do not end any more", failure); });
}

void StoreLeases::check(uint64_t ttlMs) {
  if (ttlMs == 0 || ttlMs > longestMs) {
    fail(ErrorCode::INVALID,
         fmt::format("a time to live of {} ms; it must be at least 1 and at most {}", ttlMs,
                     longestMs));
  }
}

void StoreLeases::add(StoreLeaseRecord record) {
  auto& lease = leases_.insert({record.id, Lease{record.ttlMs, timer_.now()}}).first->second;
  schedule(record.id, lease);
}

void StoreLeases::schedule(uint64_t id, Lease& lease) {
  lease.deadline = timer_.now() + lease.ttlMs * kj::MILLISECONDS;
  auto place = deadlines_.insert({lease.deadline, id}).first;
  if (place == deadlines_.begin()) earlier_->fulfill();
}

uint64_t StoreLeases::renew(uint64_t id) {
  auto found = leases_.find(id);
  if (found == leases_.end()) fail(ErrorCode::NOT_FOUND, fmt::format("lease {:x} has ended", id));
  deadlines_.erase({found->second.deadline, id});
  schedule(id, found->second);
  return found->second.ttlMs;
}

bool StoreLeases::remove(uint64_t id) {
  auto found = leases_.find(id);
  if (found == leases_.end()) return false;
  deadlines_.erase({found->second.deadline, id});
  leases_.erase(found);
  return true;
}

Task<> StoreLeases::run() {
  while (true) {
    auto pair = kj::newPromiseAndFulfiller<void>();
    earlier_ = kj::mv(pair.fulfiller);
    if (deadlines_.empty()) {
      co_await kj::mv(pair.promise);
      continue;
    }
    auto [deadline, id] = *deadlines_.begin();
    if (deadline <= timer_.now()) {
      remove(id);
      onExpired_(id);
      continue;
    }
    co_await timer_.atTime(deadline).exclusiveJoin(kj::mv(pair.promise));
  }
}

}  // namespace stave
