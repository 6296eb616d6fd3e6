#include <stave/store/service.h>

#include <fmt/format.h>
#include <stave/error.h>

#include "core.h"

namespace stave {

namespace {

/// A reply may not come near the 64 MiB that a message may have.
constexpr uint64_t maximumRangeBytes = 32 << 20;

std::string stringOf(capnp::Data::Reader data) {
  return {reinterpret_cast<const char*>(data.begin()), data.size()};
}

kj::ArrayPtr<const kj::byte> bytesOf(const std::string& text) {
  return kj::arrayPtr(reinterpret_cast<const kj::byte*>(text.data()), text.size());
}

StoreTransaction transactionOf(schema::Store::TxnParams::Reader params) {
  StoreTransaction transaction;
  for (auto compare : params.getCompares()) {
    transaction.compares.push_back({stringOf(compare.getKey()),
                                    compare.getTarget() == schema::Compare::Target::CREATE_REVISION,
                                    compare.getRevision()});
  }
  for (auto write : params.getWrites()) {
    StoreWrite converted{stringOf(write.getKey()), std::nullopt, 0};
    if (write.isPut()) {
      converted.value = stringOf(write.getPut());
      converted.lease = write.getLease();
    }
    transaction.writes.push_back(std::move(converted));
  }
  return transaction;
}

class LeaseServer final : public schema::Lease::Server {
 public:
  LeaseServer(kj::Own<StoreService::Core> core, uint64_t id) : core_(kj::mv(core)), id_(id) {}

  kj::Promise<void> keepAlive(KeepAliveContext context) override {
    context.getResults().setTtlMs(core_->leases().renew(id_));
    return kj::READY_NOW;
  }

  kj::Promise<void> revoke(RevokeContext) override { return core_->endLease(id_); }

 private:
  kj::Own<StoreService::Core> core_;
  uint64_t id_;
};

class StoreServer final : public schema::Store::Server {
 public:
  explicit StoreServer(kj::Own<StoreService::Core> core) : core_(kj::mv(core)) {}

  kj::Promise<void> range(RangeContext context) override {
    auto params = context.getParams();
    auto& index = core_->index();
    auto revision = params.getRevision() == 0 ? index.revision() : params.getRevision();
    checkReadable(revision);
    StoreRange range{stringOf(params.getStart()), stringOf(params.getEnd())};
    auto selection = index.select(range, revision, params.getLimit(), maximumRangeBytes);
    if (selection.more && params.getLimit() == 0) {
      fail(ErrorCode::EXHAUSTED, fmt::format("the range has more than {} MiB; ask with a limit",
                                             maximumRangeBytes >> 20));
    }
    auto results = context.getResults();
    results.setRevision(revision);
    results.setMore(selection.more);
    auto entries = results.initEntries(selection.found.size());
    for (size_t i = 0; i < selection.found.size(); ++i) {
      fillEntry(entries[i], *selection.found[i].key, *selection.found[i].version,
                params.getKeysOnly());
    }
    return kj::READY_NOW;
  }

  kj::Promise<void> txn(TxnContext context) override {
    return async([this, context]() mutable -> Task<> {
      auto params = context.getParams();
      auto transaction = transactionOf(params);
      bool durable = params.getDurable();
      context.releaseParams();
      auto outcome = co_await core_->commit(kj::mv(transaction), durable);
      auto results = context.getResults();
      results.setSucceeded(outcome.succeeded);
      results.setRevision(outcome.revision);
      auto current = results.initCurrent(outcome.current.size());
      for (size_t i = 0; i < outcome.current.size(); ++i) {
        fillEntry(current[i], outcome.current[i].key, outcome.current[i].version);
      }
    });
  }

  kj::Promise<void> watch(WatchContext context) override {
    auto params = context.getParams();
    StoreRange range{stringOf(params.getStart()), stringOf(params.getEnd())};
    context.getResults().setWatch(core_->watch(kj::mv(range), params.getFrom(), params.getSink()));
    return kj::READY_NOW;
  }

  kj::Promise<void> compact(CompactContext context) override {
    core_->compact(context.getParams().getRevision());
    return kj::READY_NOW;
  }

  kj::Promise<void> grantLease(GrantLeaseContext context) override {
    return async([this, context]() mutable -> Task<> {
      auto id = co_await core_->grantLease(context.getParams().getTtlMs());
      context.getResults().setId(id);
      context.getResults().setLease(kj::heap<LeaseServer>(kj::addRef(*core_), id));
    });
  }

  kj::Promise<void> campaign(CampaignContext context) override {
    context.allowCancellation();
    return async([this, context]() mutable -> Task<> {
      auto params = context.getParams();
      auto leadership = co_await stave::campaign(kj::addRef(*core_), params.getName().cStr(),
                                                 params.getIdentity().cStr(), params.getTtlMs());
      context.getResults().setLeadership(kj::mv(leadership));
    });
  }

  kj::Promise<void> status(StatusContext context) override {
    auto results = context.getResults();
    results.setRevision(core_->index().revision());
    results.setCompactRevision(core_->index().compactRevision());
    results.setKeys(core_->index().liveKeys());
    results.setBytes(core_->bytes());
    return kj::READY_NOW;
  }

 private:
  void checkReadable(uint64_t revision) {
    auto& index = core_->index();
    if (revision > index.revision()) {
      fail(ErrorCode::INVALID, fmt::format("revision {} lies in the future: the newest is {}",
                                           revision, index.revision()));
    }
    if (revision < index.compactRevision()) {
      fail(ErrorCode::TOO_OLD, fmt::format("revision {} is compacted; the oldest kept is {}",
                                           revision, index.compactRevision()));
    }
  }

  kj::Own<StoreService::Core> core_;
};

}  // namespace

void fillEntry(schema::Entry::Builder entry, const std::string& key, const StoreVersion& version,
               bool keysOnly) {
  entry.setKey(bytesOf(key));
  if (!keysOnly) entry.setValue(bytesOf(*version.value));
  entry.setCreateRevision(version.createRevision);
  entry.setModRevision(version.modRevision);
  entry.setVersion(version.version);
  entry.setLease(version.lease);
}

StoreService::StoreService(kj::Timer& timer, StoreState state, kj::Own<StoreJournal> journal,
                           StoreOptions options)
    : core_(kj::refcounted<Core>(timer, kj::mv(state), kj::mv(journal), options)) {}

StoreService::~StoreService() noexcept {}

schema::Store::Client StoreService::client() {
  return kj::heap<StoreServer>(kj::addRef(*core_));
}

kj::Promise<void> StoreService::stop() {
  return core_->stop();
}

schema::Store::Client newMemoryStore(kj::Timer& timer, StoreOptions options) {
  return StoreService(timer, {}, kj::Own<StoreJournal>(), options).client();
}

}  // namespace stave
