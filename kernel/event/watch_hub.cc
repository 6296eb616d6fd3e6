#include "kernel/event/watch_hub.h"

#include <kj/debug.h>
#include <stave/error.h>

namespace stave {

/// One watch. Lives as long as its handle is held.
class WatchHub::Watcher {
 public:
  Watcher(WatchHub& hub, Query query, schema::WatchSink::Client sink)
      : hub_(&hub), query_(std::move(query)), sink_(kj::mv(sink)), wake_(newWake()) {
    hub.watchers_[query_.kind()].insert(this);
  }
  ~Watcher() noexcept { detach(); }

  void start(uint64_t from) {
    if (from == 0) {
      seed();
      announce_ = true;
    } else {
      for (auto& change : hub_->history_.changes()) {
        if (change.revision > from) queue_.replay(query_, change);
      }
    }
    telling_ = tell().promise().eagerlyEvaluate([this](kj::Exception&&) {
      // The sink failed: whoever listened there is gone, or cannot take it.
      detach();
    });
  }

  void add(const ObjectChange& change) {
    queue_.add(query_, change);
    if (!queue_.empty()) wake_.fulfiller->fulfill();
  }

  void lose(const std::string& reason) {
    lost_ = reason;
    wake_.fulfiller->fulfill();
  }

  void forgetHub() { hub_ = nullptr; }

 private:
  static kj::PromiseFulfillerPair<void> newWake() { return kj::newPromiseAndFulfiller<void>(); }

  void seed() {
    const std::string& name = query_.name();
    hub_->cache_.forEach(query_.kind(), query_.space(), [&](const VersionPtr& version) {
      if ((name.empty() || version->key().name == name) && query_.matches(*version)) {
        queue_.seed(version);
      }
    });
  }

  void detach() {
    if (hub_ == nullptr) return;
    auto ofKind = hub_->watchers_.find(query_.kind());
    ofKind->second.erase(this);
    if (ofKind->second.empty()) hub_->watchers_.erase(ofKind);
    hub_ = nullptr;
  }

  Task<> tell() {
    while (hub_ != nullptr && lost_.empty()) {
      if (queue_.empty() && !announce_) {
        co_await kj::mv(wake_.promise);
        wake_ = newWake();
      } else {
        announce_ = false;
        co_await sendBatch();
      }
    }
    if (!lost_.empty()) co_await sendLost();
  }

  kj::Promise<void> sendBatch() {
    auto entries = queue_.take(hub_->limits_.batchEntries, hub_->limits_.batchWords);
    size_t words = 16;
    for (auto& entry : entries) words += entry.state->words() + 4;
    auto request = sink_.eventsRequest(capnp::MessageSize{words, 0});
    auto events = request.initEvents(entries.size());
    for (unsigned i = 0; i < entries.size(); ++i) {
      using Type = schema::WatchEvent::Type;
      events[i].setType(entries[i].removed ? Type::REMOVED : Type::PUT);
      events[i].setObject(entries[i].state->object());
    }
    request.setRevision(queue_.empty() ? hub_->revision_ : entries.back().state->revision());
    return request.send().ignoreResult();
  }

  kj::Promise<void> sendLost() {
    auto request = sink_.lostRequest();
    request.setMessage(lost_.c_str());
    return request.send().ignoreResult();
  }

  WatchHub* hub_;  // null: this watch has ended
  Query query_;
  schema::WatchSink::Client sink_;
  WatchQueue queue_;
  bool announce_ = false;  // tell the present state even if it is empty
  std::string lost_;
  kj::PromiseFulfillerPair<void> wake_;
  kj::Promise<void> telling_ = nullptr;
};

WatchHub::WatchHub(const ObjectCache& cache, Limits limits)
    : cache_(cache), limits_(limits), history_(limits.historyChanges, limits.historyWords) {}

WatchHub::~WatchHub() noexcept {
  for (auto& [kind, ofKind] : watchers_) {
    for (Watcher* watcher : ofKind) watcher->forgetHub();
  }
}

void WatchHub::publish(uint64_t revision, const std::vector<ObjectChange>& changes) {
  revision_ = revision;
  for (auto& change : changes) {
    history_.append(change);
    auto ofKind = watchers_.find(change.key().kind);
    if (ofKind == watchers_.end()) continue;
    for (Watcher* watcher : ofKind->second) watcher->add(change);
  }
}

void WatchHub::restart(uint64_t revision, const std::string& reason) {
  revision_ = revision;
  history_.restart(revision);
  auto all = std::move(watchers_);
  watchers_.clear();
  for (auto& [kind, ofKind] : all) {
    for (Watcher* watcher : ofKind) {
      watcher->forgetHub();
      watcher->lose(reason);
    }
  }
}

void WatchHub::checkRetained(uint64_t from) const {
  if (from == 0 || (from >= history_.floor() && from <= revision_)) return;
  fail(ErrorCode::TOO_OLD, "watch from revision " + std::to_string(from) + ": retained are " +
                               std::to_string(history_.floor()) + " to " +
                               std::to_string(revision_) + "; list again and watch from there");
}

schema::Handle::Client WatchHub::watch(Query query, uint64_t from, schema::WatchSink::Client sink) {
  checkRetained(from);
  auto watcher = kj::heap<Watcher>(*this, std::move(query), kj::mv(sink));
  watcher->start(from);
  return keepWhileHeld(kj::mv(watcher));
}

size_t WatchHub::watchers() const {
  size_t count = 0;
  for (auto& [kind, ofKind] : watchers_) count += ofKind.size();
  return count;
}

}  // namespace stave
