#include "watch.h"

#include <kj/debug.h>

namespace stave {

StoreWatch::StoreWatch(kj::Own<StoreService::Core> core, StoreRange range, uint64_t from,
                       schema::StoreWatchSink::Client sink)
    : core_(kj::mv(core)),
      range_(kj::mv(range)),
      next_(from),
      sink_(kj::mv(sink)),
      place_(core_->watches_.insert(core_->watches_.end(), this)),
      task_(run().promise().eagerlyEvaluate(
          [](kj::Exception&& failure) { KJ_LOG(INFO, "a watcher went away", failure); })) {}

StoreWatch::~StoreWatch() noexcept {
  core_->watches_.erase(place_);
}

Task<> StoreWatch::run() {
  while (true) {
    if (next_ < core_->index().compactRevision()) {
      co_await end("the watcher was too slow: what it has not seen is compacted");
      co_return;
    }
    if (next_ > core_->index().revision()) {
      co_await core_->changed();
      continue;
    }
    auto batch = gather();
    next_ = batch.revision + 1;
    if (!batch.events.empty()) co_await send(batch);
  }
}

/// Whole transactions, until the message is large enough.
StoreWatch::Batch StoreWatch::gather() {
  Batch batch;
  size_t bytes = 0;
  for (auto revision = next_; revision <= core_->index().revision(); ++revision) {
    batch.revision = revision;
    for (auto& found : core_->index().written(revision, range_)) {
      bytes += found.key->size() + (found.version->deleted() ? 0 : found.version->value->size());
      batch.events.push_back(found);
    }
    if (bytes >= bytesPerMessage) break;
  }
  return batch;
}

kj::Promise<void> StoreWatch::send(const Batch& batch) {
  auto request = sink_.eventsRequest();
  request.setRevision(batch.revision);
  auto events = request.initEvents(batch.events.size());
  for (size_t i = 0; i < batch.events.size(); ++i) {
    auto& [key, version] = batch.events[i];
    if (!version->deleted()) {
      fillEntry(events[i].initPut(), *key, *version);
      continue;
    }
    auto entry = events[i].initDelete();
    entry.setKey(kj::arrayPtr(reinterpret_cast<const kj::byte*>(key->data()), key->size()));
    entry.setModRevision(version->modRevision);
  }
  return request.send();
}

kj::Promise<void> StoreWatch::end(kj::StringPtr why) {
  auto request = sink_.endedRequest();
  request.setError(why);
  return request.send().ignoreResult();
}

}  // namespace stave
