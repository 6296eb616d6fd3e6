#include "kernel/object/object_store.h"

#include <kj/debug.h>
#include <stave/error.h>

#include <chrono>
#include <set>

#include "kernel/object/collector.h"
#include "kernel/object/objects_server.h"

namespace stave {

namespace {

constexpr unsigned maximumChanges = 128;
constexpr unsigned maximumAttempts = 64;
constexpr unsigned maximumRefreshes = 3;

}  // namespace

int64_t unixNow() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Caller Caller::unlimited(std::string actor) {
  auto yes = [](const std::string&) { return true; };
  return {std::move(actor), yes, yes, true, ""};
}

ObjectStore::ObjectStore(kj::Timer& timer, schema::Store::Client store, std::string nodeName)
    : ObjectStore(timer, kj::mv(store), std::move(nodeName), Limits()) {}

ObjectStore::ObjectStore(kj::Timer& timer, schema::Store::Client store, std::string nodeName,
                         Limits limits)
    : timer_(timer),
      store_(kj::mv(store)),
      nodeName_(std::move(nodeName)),
      limits_(limits),
      replica_(kinds_, limits.hub),
      feed_(timer, store_, replica_),
      collector_(kj::heap<Collector>(*this)) {}

ObjectStore::~ObjectStore() noexcept {}

kj::Promise<void> ObjectStore::load() {
  return feed_.load().promise().then([this]() {
    replica_.onChange([this](const ObjectChange& change) { collector_->consider(change); });
    collector_->considerAll();
    compacting_ = compactFromTimeToTime().promise().eagerlyEvaluate([](kj::Exception&& exception) {
      KJ_LOG(ERROR, "compaction of the store ended", exception);
    });
  });
}

schema::Objects::Client ObjectStore::clientFor(Caller caller) {
  return kj::heap<ObjectsServer>(*this, std::move(caller));
}

std::vector<ObjectKey> ObjectStore::keysOf(capnp::List<schema::Change>::Reader changes) const {
  if (changes.size() > maximumChanges) {
    fail(ErrorCode::INVALID,
         "a transaction has at most 128 changes, this one has " + std::to_string(changes.size()));
  }
  std::vector<ObjectKey> keys;
  std::set<ObjectKey> seen;
  for (auto change : changes) {
    auto metadata = change.getObject().getMetadata();
    keys.push_back(resolveKey(kinds_, view(metadata.getKind()), view(metadata.getNamespace()),
                              view(metadata.getName())));
    if (!seen.insert(keys.back()).second) {
      fail(ErrorCode::INVALID, keys.back().text() + " is changed twice in one transaction");
    }
  }
  return keys;
}

std::vector<Outcome> ObjectStore::evaluate(capnp::List<schema::Change>::Reader changes,
                                           const std::vector<ObjectKey>& keys,
                                           const CauseStamp& stamp) {
  if (validatedKinds_ != kinds_.version()) {
    validator_.forget();
    validatedKinds_ = kinds_.version();
  }
  ChangeEvaluator evaluator(kinds_, validator_, replica_.cache(), stamp);
  std::vector<Outcome> outcomes;
  outcomes.reserve(keys.size());
  for (unsigned i = 0; i < keys.size(); ++i) {
    outcomes.push_back(evaluator.evaluate(keys[i], changes[i], outcomes));
  }
  return outcomes;
}

Task<ObjectStore::Result> ObjectStore::commit(capnp::List<schema::Change>::Reader changes,
                                              CauseStamp stamp) {
  checkCause(stamp.cause);
  auto keys = keysOf(changes);
  Turns::Ticket ticket(turns_, keys);
  co_await ticket.ready();
  for (unsigned attempt = 0; attempt < maximumAttempts; ++attempt) {
    Transaction transaction(evaluate(changes, keys, stamp));
    if (transaction.empty()) co_return Result{replica_.revision(), transaction.states()};
    uint64_t revision = 0;
    bool taken = co_await write(transaction, revision);
    if (taken) co_return Result{revision, transaction.states()};
  }
  fail(ErrorCode::CONFLICT, keys.front().text() + " changes too often; try again");
}

/// Whether the transaction was taken. If not, the cache has caught up with what stood against it.
Task<bool> ObjectStore::write(Transaction& transaction, uint64_t& revision) {
  auto request = store_.txnRequest();
  transaction.fill(request);
  std::vector<ObjectKey> contradicted;
  kj::Maybe<kj::Exception> failure;
  bool taken = false;
  try {
    auto response = co_await request.send();
    taken = response.getSucceeded();
    revision = response.getRevision();
    if (!taken) contradicted = transaction.contradictedBy(response.getCurrent());
  } catch (const kj::Exception& exception) {
    failure = kj::cp(exception);
  }
  KJ_IF_MAYBE (exception, failure) {
    taken = co_await settle(transaction, kj::mv(*exception), revision);
    if (!taken) co_return false;
  }
  if (taken) {
    replica_.answered(transaction.toBatch(revision));
    co_await reach(revision);
  } else {
    co_await catchUp(transaction, std::move(contradicted));
  }
  co_return taken;
}

/// The store died before it answered: looks up what became of the transaction.
Task<bool> ObjectStore::settle(Transaction& transaction, kj::Exception failure,
                               uint64_t& revision) {
  ErrorCode code = codeOf(failure);
  if (code != ErrorCode::UNAVAILABLE && code != ErrorCode::DEADLINE) {
    kj::throwFatalException(kj::mv(failure));
  }
  auto request = store_.rangeRequest();
  std::string key = transaction.witnessKey();
  request.setStart(dataOf(key));
  auto response = co_await request.send();
  kj::Maybe<schema::Entry::Reader> entry;
  if (response.getEntries().size() > 0) entry = response.getEntries()[0];
  auto verdict = transaction.judge(entry);
  if (verdict == Transaction::Verdict::untouched) co_return false;
  if (verdict == Transaction::Verdict::overtaken) {
    std::vector<ObjectKey> overtaken{*ObjectKey::parse(key)};
    co_await catchUp(transaction, std::move(overtaken));
    co_return false;
  }
  revision = response.getRevision();
  KJ_IF_MAYBE (present, entry) revision = present->getModRevision();
  co_return true;
}

Task<> ObjectStore::catchUp(Transaction& transaction, std::vector<ObjectKey> keys) {
  auto stale = [&]() {
    for (auto& key : keys) {
      VersionPtr version = replica_.cache().find(key);
      uint64_t known = version == nullptr ? 0 : version->revision();
      if (known == transaction.baseOf(key)) return true;
    }
    return false;
  };
  while (stale()) co_await reach(replica_.revision() + 1);
}

/// Waits for the state to get there, and sees to it that it does.
Task<> ObjectStore::reach(uint64_t revision) {
  for (unsigned refreshes = 0; revision > replica_.revision(); ++refreshes) {
    if (refreshes > maximumRefreshes) {
      fail(ErrorCode::UNAVAILABLE, "the store took a change but does not tell of it");
    }
    if (refreshes > 0) feed_.refresh();
    auto waiting =
        replica_.reached(revision).exclusiveJoin(timer_.afterDelay(limits_.storeTimeout));
    co_await kj::mv(waiting);
  }
}

Task<> ObjectStore::registerKind(schema::KindDefinition::Reader definition) {
  for (unsigned attempt = 0; attempt < maximumAttempts; ++attempt) {
    auto checked = kinds_.check(definition);
    auto name = std::string(view(definition.getName()));
    const Kind* known = kinds_.byName(name);
    if (known != nullptr && (known->builtIn || kinds_.same(*checked))) co_return;
    bool written = co_await writeKind(kj::mv(checked));
    if (written) co_return;
  }
  fail(ErrorCode::CONFLICT, "the kind is registered by others at the same time; try again");
}

Task<bool> ObjectStore::writeKind(std::shared_ptr<capnp::MallocMessageBuilder> definition) {
  auto reader = definition->getRoot<schema::KindDefinition>().asReader();
  std::string key = std::string(kindPrefix) + std::string(view(reader.getName()));
  auto range = store_.rangeRequest();
  range.setStart(dataOf(key));
  auto present = co_await range.send();
  auto request = store_.txnRequest();
  auto compare = request.initCompares(1)[0];
  compare.setKey(dataOf(key));
  if (present.getEntries().size() > 0) {
    compare.setRevision(present.getEntries()[0].getModRevision());
  }
  auto write = request.initWrites(1)[0];
  write.setKey(dataOf(key));
  write.setPut(encodeMessage(*definition).asBytes());
  request.setDurable(true);
  auto response = co_await request.send();
  if (!response.getSucceeded()) co_return false;
  uint64_t revision = response.getRevision();
  replica_.answered(Batch{revision, {}, {definition}});
  co_await reach(revision);
  co_return true;
}

Task<VersionPtr> ObjectStore::stateAt(ObjectKey key, uint64_t revision) {
  VersionPtr present = replica_.cache().find(key);
  if (present != nullptr && present->revision() == revision) co_return present;
  VersionPtr past = replica_.hub().history().stateAt(key, revision);
  if (past != nullptr) co_return past;
  auto request = store_.rangeRequest();
  std::string storeKey = key.storeKey();
  request.setStart(dataOf(storeKey));
  request.setRevision(revision);
  VersionPtr found;
  try {
    auto response = co_await request.send();
    for (auto entry : response.getEntries()) {
      found = ObjectVersion::decode(key, entry.getValue(), entry.getCreateRevision(),
                                    entry.getModRevision());
    }
  } catch (const kj::Exception&) {
    // Compacted away, or the store is down: then it is not known, which is an answer.
  }
  co_return found;
}

Task<> ObjectStore::compactFromTimeToTime() {
  uint64_t earlier = 0;  // the revision one interval ago: what is younger is kept anyway
  for (;;) {
    co_await timer_.afterDelay(limits_.compactionInterval);
    uint64_t now = replica_.revision();
    uint64_t bound = now > limits_.retainedRevisions ? now - limits_.retainedRevisions : 0;
    uint64_t target = kj::min(bound, earlier);
    earlier = now;
    if (target == 0) continue;
    auto request = store_.compactRequest();
    request.setRevision(target);
    co_await request.send().ignoreResult().catch_([](kj::Exception&& exception) {
      KJ_LOG(WARNING, "the store could not be compacted", textOf(exception).c_str());
    });
  }
}

}  // namespace stave
