#include "kernel/object/collector.h"

#include <kj/debug.h>
#include <stave/error.h>

namespace stave {

namespace {

constexpr size_t atOnce = 32;
constexpr auto pauseAfterFailure = 1 * kj::SECONDS;

}  // namespace

bool ObjectStore::Collector::isOrphan(const ObjectVersion& version) const {
  auto owners = version.metadata().getOwners();
  for (auto owner : owners) {
    if (store_.cache().findUid(view(owner.getUid())) != nullptr) return false;
  }
  return owners.size() > 0 && version.metadata().getDeleted() == 0;
}

void ObjectStore::Collector::consider(const ObjectChange& change) {
  if (change.after != nullptr) {
    if (isOrphan(*change.after)) enqueue(change.key());
    if (change.before == nullptr || change.before->uid() == change.after->uid()) return;
  }
  for (auto& child : store_.cache().ownedBy(change.before->uid())) enqueue(child);
}

void ObjectStore::Collector::considerAll() {
  for (auto& [key, version] : store_.cache().all()) {
    if (isOrphan(*version)) enqueue(key);
  }
}

void ObjectStore::Collector::enqueue(const ObjectKey& key) {
  queue_.insert(key);
  if (working_) return;
  working_ = true;
  tasks_.add(kj::evalLater([this]() -> kj::Promise<void> { return work(); }));
}

Task<> ObjectStore::Collector::work() {
  while (!queue_.empty()) {
    kj::Vector<kj::Promise<void>> deletions;
    while (!queue_.empty() && deletions.size() < atOnce) {
      ObjectKey key = *queue_.begin();
      queue_.erase(queue_.begin());
      deletions.add(collect(key));
    }
    co_await kj::joinPromises(deletions.releaseAsArray());
  }
  working_ = false;
}

Task<> ObjectStore::Collector::collect(ObjectKey key) {
  VersionPtr version = store_.cache().find(key);
  if (version == nullptr || !isOrphan(*version)) co_return;
  auto owner = version->metadata().getOwners()[0];
  ObjectKey ownerKey{std::string(view(owner.getKind())), std::string(view(owner.getNamespace())),
                     std::string(view(owner.getName()))};
  capnp::MallocMessageBuilder message;
  auto params = message.initRoot<schema::Objects::CommitParams>();
  auto change = params.initChanges(1)[0];
  change.setOp(schema::Change::Op::DELETE);
  auto metadata = change.initObject().initMetadata();
  metadata.setKind(key.kind.c_str());
  metadata.setNamespace(key.space.c_str());
  metadata.setName(key.name.c_str());
  metadata.setUid(version->metadata().getUid());
  auto cause = params.initCause();
  cause.setReason(("its last owner, " + ownerKey.text() + ", is gone").c_str());
  cause.setObject(owner);
  bool again = false;
  try {
    auto reader = params.asReader();
    CauseStamp stamp{"kernel", reader.getCause(), unixNow()};
    co_await store_.commit(reader.getChanges(), stamp);
  } catch (const kj::Exception& exception) {
    auto code = codeOf(exception);
    again = code != ErrorCode::NOT_FOUND && code != ErrorCode::CONFLICT;
    if (again) KJ_LOG(WARNING, "an orphan was not deleted; it is tried again", exception);
  }
  if (!again) co_return;
  co_await store_.timer_.afterDelay(pauseAfterFailure);
  queue_.insert(key);
}

void ObjectStore::Collector::taskFailed(kj::Exception&& exception) {
  working_ = false;
  KJ_LOG(ERROR, "the collection of orphans failed", exception);
}

}  // namespace stave
