#include "core.h"

#include <fmt/format.h>
#include <kj/debug.h>
#include <stave/error.h>

#include <random>

#include "watch.h"

namespace stave {

namespace {

/// Never used again, also not after a restart, so that a late renewal cannot hit another lease.
uint64_t freshLeaseId() {
  std::random_device source;
  uint64_t id = 0;
  while (id == 0) id = (uint64_t{source()} << 32 | source()) >> 1;
  return id;
}

}  // namespace

StoreService::Core::Core(kj::Timer& timer, StoreState state, kj::Own<StoreJournal> journal,
                         StoreOptions options)
    : timer_(timer),
      index_(std::move(state.index)),
      journal_(kj::mv(journal)),
      change_(nullptr),
      leases_(timer, [this](uint64_t id) { tasks_.add(endExpired(id)); }),
      pipeline_(index_, journal_.get(), std::move(state.forgotten), options,
                [this]() { renewChange(); }),
      tasks_(*this) {
  renewChange();
  for (auto& lease : state.leases) leases_.add(lease);
}

StoreService::Core::~Core() noexcept {}

void StoreService::Core::renewChange() {
  if (onChange_.get() != nullptr) onChange_->fulfill();
  auto pair = kj::newPromiseAndFulfiller<void>();
  onChange_ = kj::mv(pair.fulfiller);
  change_ = pair.promise.fork();
}

kj::Promise<StoreOutcome> StoreService::Core::commit(StoreTransaction transaction, bool durable) {
  transaction.check();
  for (auto& write : transaction.writes) {
    if (write.lease == 0 || leases_.has(write.lease)) continue;
    fail(ErrorCode::NOT_FOUND,
         fmt::format("key '{}': lease {:x} does not exist or has ended", write.key, write.lease));
  }
  return pipeline_.submit({std::move(transaction), durable});
}

Task<uint64_t> StoreService::Core::grantLease(uint64_t ttlMs) {
  StoreLeases::check(ttlMs);
  StorePipeline::Work work;
  StoreLeaseRecord record{freshLeaseId(), ttlMs};
  work.granted = record;
  auto outcome = co_await pipeline_.submit(kj::mv(work));
  leases_.add(record);
  co_return record.id;
}

Task<> StoreService::Core::endLease(uint64_t id) {
  if (!leases_.remove(id)) co_return;
  StorePipeline::Work work;
  work.endedLease = id;
  auto outcome = co_await pipeline_.submit(kj::mv(work));
}

/// The keys must go even if the disk is full for a while.
Task<> StoreService::Core::endExpired(uint64_t id) {
  bool done = false;
  while (!done) {
    StorePipeline::Work work;
    work.endedLease = id;
    done = co_await pipeline_.submit(kj::mv(work))
               .then([](auto&&) { return true; }, [](kj::Exception&&) { return false; });
    if (!done) co_await timer_.afterDelay(1 * kj::SECONDS);
  }
}

void StoreService::Core::compact(uint64_t revision) {
  if (revision > index_.revision()) {
    fail(ErrorCode::INVALID, fmt::format("cannot compact at revision {}: the newest is {}",
                                         revision, index_.revision()));
  }
  pipeline_.compact(revision);
}

schema::Handle::Client StoreService::Core::watch(StoreRange range, uint64_t from,
                                                 schema::StoreWatchSink::Client sink) {
  if (from == 0) from = index_.revision() + 1;
  if (from < index_.compactRevision()) {
    fail(ErrorCode::TOO_OLD, fmt::format("history before revision {} is compacted; asked for {}",
                                         index_.compactRevision(), from));
  }
  return kj::heap<StoreWatch>(kj::addRef(*this), kj::mv(range), from, kj::mv(sink));
}

kj::Promise<void> StoreService::Core::stop() {
  stopping_ = true;
  auto told = kj::heapArrayBuilder<kj::Promise<void>>(watches_.size());
  for (auto watch : watches_) {
    auto ended = watch->end("the store is going away");
    told.add(
        ended.exclusiveJoin(timer_.afterDelay(1 * kj::SECONDS)).catch_([](kj::Exception&&) {}));
  }
  return pipeline_.finish().then([this, all = kj::joinPromises(told.finish())]() mutable {
    journal_ = nullptr;  // so that another instance can open its file
    return kj::mv(all);
  });
}

void StoreService::Core::taskFailed(kj::Exception&& failure) {
  if (stopping_) return;  // nothing can be written any more; the journal still has the lease
  KJ_LOG(ERROR, "background work of the store failed", failure);
}

}  // namespace stave
