#include <fmt/format.h>
#include <stave/error.h>

#include "core.h"

/// Elections as etcd's clients hold them: each candidate puts a key with a lease of its own, and
/// the key that was created first leads.
namespace stave {

namespace {

StoreRange candidatesOf(const std::string& name) {
  auto prefix = "election/" + name;
  return {prefix + "/", prefix + "0"};  // '0' follows '/'
}

/// Ends the candidate's lease, and so its key, unless it came to lead.
class Candidacy {
 public:
  Candidacy(StoreService::Core& core, uint64_t lease) : core_(core), lease_(lease) {}
  ~Candidacy() noexcept {
    if (lease_ != 0) core_.spawn(core_.endLease(lease_));
  }
  KJ_DISALLOW_COPY(Candidacy);

  void keep() { lease_ = 0; }

 private:
  StoreService::Core& core_;
  uint64_t lease_;
};

class LeadershipServer final : public schema::Leadership::Server {
 public:
  LeadershipServer(kj::Own<StoreService::Core> core, uint64_t lease, std::string key,
                   uint64_t createRevision)
      : core_(kj::mv(core)), lease_(lease), key_(std::move(key)), createRevision_(createRevision) {}

  kj::Promise<void> fence(FenceContext context) override {
    auto results = context.getResults();
    results.setKey(kj::StringPtr(key_.c_str(), key_.size()).asBytes());
    results.setCreateRevision(createRevision_);
    return kj::READY_NOW;
  }

  kj::Promise<void> renew(RenewContext context) override {
    context.getResults().setTtlMs(core_->leases().renew(lease_));
    return kj::READY_NOW;
  }

  kj::Promise<void> resign(ResignContext) override { return core_->endLease(lease_); }

 private:
  kj::Own<StoreService::Core> core_;
  uint64_t lease_;
  std::string key_;
  uint64_t createRevision_;
};

bool isFirst(const StoreIndex& index, const StoreRange& candidates, uint64_t createRevision) {
  for (auto& candidate : index.select(candidates, index.revision(), 0).found) {
    if (candidate.version->createRevision < createRevision) return false;
  }
  return true;
}

}  // namespace

Task<schema::Leadership::Client> campaign(kj::Own<StoreService::Core> core, std::string name,
                                          std::string identity, uint64_t ttlMs) {
  if (name.empty()) fail(ErrorCode::INVALID, "an election without a name");
  auto lease = co_await core->grantLease(ttlMs);
  Candidacy candidacy(*core, lease);
  auto candidates = candidatesOf(name);
  auto key = fmt::format("{}{:016x}", candidates.start, lease);
  StoreTransaction transaction{{{key, false, 0}}, {{key, identity, lease}}};
  auto outcome = co_await core->commit(kj::mv(transaction), true);
  while (!isFirst(core->index(), candidates, outcome.revision)) {
    auto wakeUp = core->timer().afterDelay(ttlMs * kj::MILLISECONDS / 3);
    co_await core->changed().exclusiveJoin(kj::mv(wakeUp));
    core->leases().renew(lease);  // a candidate that waits is alive
  }
  candidacy.keep();
  co_return kj::heap<LeadershipServer>(kj::mv(core), lease, key, outcome.revision);
}

}  // namespace stave
