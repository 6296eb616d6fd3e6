#pragma once

#include <kj/refcount.h>
#include <stave/capability.h>
#include <stave/store/service.h>

#include <list>

#include "leases.h"
#include "pipeline.h"

namespace stave {

class StoreWatch;

/// What the capabilities of one store share.
class StoreService::Core final : public kj::Refcounted, private kj::TaskSet::ErrorHandler {
 public:
  Core(kj::Timer& timer, StoreState state, kj::Own<StoreJournal> journal, StoreOptions options);
  ~Core() noexcept;

  const StoreIndex& index() const { return index_; }
  StoreLeases& leases() { return leases_; }
  kj::Timer& timer() { return timer_; }
  uint64_t bytes() { return journal_.get() == nullptr ? 0 : journal_->bytes(); }

  kj::Promise<StoreOutcome> commit(StoreTransaction transaction, bool durable);
  Task<uint64_t> grantLease(uint64_t ttlMs);
  Task<> endLease(uint64_t id);  ///< not known: nothing happens
  void compact(uint64_t revision);

  schema::Handle::Client watch(StoreRange range, uint64_t from,
                               schema::StoreWatchSink::Client sink);

  /// Done after the next transaction.
  kj::Promise<void> changed() { return change_.addBranch(); }

  void spawn(kj::Promise<void> work) { tasks_.add(kj::mv(work)); }
  kj::Promise<void> stop();

 private:
  void renewChange();
  Task<> endExpired(uint64_t id);
  void taskFailed(kj::Exception&& failure) override;

  kj::Timer& timer_;
  StoreIndex index_;
  kj::Own<StoreJournal> journal_;
  kj::Own<kj::PromiseFulfiller<void>> onChange_;
  kj::ForkedPromise<void> change_;
  std::list<StoreWatch*> watches_;
  bool stopping_ = false;
  StoreLeases leases_;
  StorePipeline pipeline_;
  kj::TaskSet tasks_;

  friend class StoreWatch;
};

/// Leads when the promise is done; dropping it before withdraws.
Task<schema::Leadership::Client> campaign(kj::Own<StoreService::Core> core, std::string name,
                                          std::string identity, uint64_t ttlMs);

void fillEntry(schema::Entry::Builder entry, const std::string& key, const StoreVersion& version,
               bool keysOnly = false);

}  // namespace stave
