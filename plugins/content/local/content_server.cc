#include "content_server.h"

#include <stave/os/positioned_io.h>

#include "active_ingest.h"
#include "hold_server.h"
#include "ingest_server.h"

namespace stave::local {

namespace {

std::string checkedDigest(capnp::Text::Reader text) {
  return image::parseDigest({text.begin(), text.size()}, "content").text();
}

std::string textFrom(capnp::Text::Reader text) {
  return {text.begin(), text.size()};
}

}  // namespace

BlobFile ContentServer::require(const std::string& digest) {
  auto found = state_->find(digest);
  if (!found) fail(ErrorCode::NOT_FOUND, "blob " + digest + " is not in the content store");
  return *found;
}

/// A blob whose file somebody removed behind our back is forgotten.
os::Fd ContentServer::openBlob(const std::string& digest) {
  require(digest);
  auto parsed = image::parseDigest(digest, "blob");
  if (!state_->blobs()->find(parsed)) state_->forget(digest);
  require(digest);
  return state_->blobs()->open(parsed);
}

kj::Promise<void> ContentServer::stat(StatContext context) {
  BlobFile blob = require(checkedDigest(context.getParams().getDigest()));
  auto results = context.getResults();
  results.setSize(blob.size);
  results.setCreated(blob.created);
  return kj::READY_NOW;
}

kj::Promise<void> ContentServer::open(OpenContext context) {
  os::Fd file = openBlob(checkedDigest(context.getParams().getDigest()));
  auto results = context.getResults();
  results.setSize(os::fileSize(file.get()));
  results.setBlob(makeFd(kj::mv(file)));
  return kj::READY_NOW;
}

kj::Promise<void> ContentServer::ingest(IngestContext context) {
  context.allowCancellation();
  return async([this, context]() mutable -> Task<> {
    auto params = context.getParams();
    std::string digest = params.getDigest().size() == 0 ? "" : checkedDigest(params.getDigest());
    uint64_t size = params.getSize();
    std::string owner = textFrom(params.getOwner());
    context.releaseParams();
    if (!digest.empty()) {
      if (auto found = state_->find(digest)) {
        context.getResults().initUnion().setExists(found->size);
        co_return;
      }
      KJ_IF_MAYBE (active, state_->findActive(IngestDirectory::keyOf(digest))) {
        context.getResults().initUnion().setBusy(active->newWaiter());
        co_return;
      }
    }
    auto ingest = kj::heap<ActiveIngest>(kj::addRef(*state_), digest, size, owner);
    co_await ingest->open();
    context.getResults().initUnion().setWriter(kj::heap<IngestServer>(kj::mv(ingest)));
  });
}

kj::Promise<void> ContentServer::follow(FollowContext context) {
  std::string digest = checkedDigest(context.getParams().getDigest());
  KJ_IF_MAYBE (active, state_->findActive(IngestDirectory::keyOf(digest))) {
    if (active->isOpen()) {
      auto results = context.getResults();
      results.setBlob(makeFd(state_->ingests()->openToRead(active->key())));
      results.setSize(active->size());
      results.setDone(active->newWaiter());
      return kj::READY_NOW;
    }
  }
  os::Fd file = openBlob(digest);
  auto results = context.getResults();
  results.setSize(os::fileSize(file.get()));
  results.setBlob(makeFd(kj::mv(file)));
  results.setComplete(true);
  results.setDone(finishedWaiter(true));
  return kj::READY_NOW;
}

kj::Promise<void> ContentServer::hold(HoldContext context) {
  return async([this, context]() mutable -> Task<> {
    auto params = context.getParams();
    HoldEntry entry{textFrom(params.getName()), {}, params.getPersistent()};
    for (auto digest : params.getDigests()) entry.digests.insert(checkedDigest(digest));
    if (entry.persistent && entry.name.empty()) {
      fail(ErrorCode::INVALID, "hold: name: a persistent hold must have one");
    }
    auto server = kj::heap<HoldServer>(kj::addRef(*state_), kj::mv(entry));
    co_await server->save();
    context.getResults().setHold(kj::mv(server));
  });
}

kj::Promise<void> ContentServer::release(ReleaseContext context) {
  std::string name = textFrom(context.getParams().getName());
  HoldTable::Id id = state_->holds().find(name);
  if (id == 0) return kj::READY_NOW;
  state_->holds().remove(id);
  state_->holdFiles()->want(name, std::nullopt);
  return state_->context().workers().run(
      [files = state_->holdFiles(), name]() { files->flush(name); });
}

kj::Promise<void> ContentServer::holds(HoldsContext context) {
  auto& all = state_->holds().all();
  auto results = context.getResults().initHolds(all.size());
  unsigned i = 0;
  for (auto& [id, entry] : all) {
    auto result = results[i++];
    result.setName(entry.name);
    result.setPersistent(entry.persistent);
    auto digests = result.initDigests(entry.digests.size());
    unsigned j = 0;
    for (const std::string& digest : entry.digests) digests.set(j++, digest);
  }
  return kj::READY_NOW;
}

kj::Promise<void> ContentServer::list(ListContext context) {
  auto& index = state_->index();
  auto results = context.getResults().initBlobs(index.size());
  unsigned i = 0;
  for (auto& [digest, blob] : index) {
    auto result = results[i++];
    result.setDigest(digest);
    result.setSize(blob.size);
    result.setCreated(blob.created);
    result.setHolds(state_->holds().countOf(digest));
  }
  return kj::READY_NOW;
}

kj::Promise<void> ContentServer::collect(CollectContext context) {
  return async([this, context]() mutable -> Task<> {
    bool all = context.getParams().getAll();
    auto scan = [ingests = state_->ingests()]() { return ingests->scan(); };
    auto ingests = co_await state_->context().workers().run(scan);
    auto removed = state_->collectBlobs(all, 0);
    uint64_t ingestBytes = state_->collectIngests(ingests, all);
    context.getResults().setRemoved(removed.blobs);
    context.getResults().setBytes(removed.bytes + ingestBytes);
    co_await state_->emptyTrash();
  });
}

kj::Promise<void> ContentServer::usage(UsageContext context) {
  context.allowCancellation();
  return async([this, context]() mutable -> Task<> {
    auto scan = [ingests = state_->ingests()]() { return ingests->scan(); };
    auto ingests = co_await state_->context().workers().run(scan);
    auto results = context.getResults();
    uint64_t bytes = 0, held = 0, ingestBytes = 0;
    for (auto& [digest, blob] : state_->index()) {
      bytes += blob.size;
      if (state_->holds().isHeld(digest)) held += blob.size;
    }
    for (const IngestFile& ingest : ingests) ingestBytes += ingest.bytes;
    results.setBlobs(state_->index().size());
    results.setBytes(bytes);
    results.setHeldBytes(held);
    results.setIngestBytes(ingestBytes);
    results.setAvailable(os::availableBytes(state_->blobs()->root()));
  });
}

}  // namespace stave::local
