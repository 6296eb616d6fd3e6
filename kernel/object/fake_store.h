#pragma once

#include <stave/capability.h>
#include <stave/error.h>
#include <stave/schema/store.capnp.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "kernel/object/object_key.h"

namespace stave::testing {

/// A store in memory for the kernel's own tests, which can die in the middle. What it keeps
/// outlives the capabilities that are made for it, as a file outlives the process that serves it.
class FakeStore {
 public:
  struct Row {
    std::string value;
    uint64_t created = 0;
    uint64_t modified = 0;
  };
  struct Event {
    uint64_t revision;
    std::string key;
    bool removed;
    Row row;
  };
  /// What happens to the next transaction.
  enum class Fate { served, lostBefore, lostAfter };

  FakeStore() : tasks_(errors_) {}

  schema::Store::Client client();

  /// The process dies: watches end without a word, and come back only when they are opened again.
  void crash();

  /// Someone else writes: another kernel.
  uint64_t put(const std::string& key, std::string value);
  void compactAll() { compacted_ = revision_; }

  /// A store in memory that begins anew.
  void loseEverything() {
    rows_.clear();
    log_.clear();
    revision_ = compacted_ = 0;
    crash();
  }

  Fate nextFate = Fate::served;
  bool watchMuted = false;   ///< the watch tells nothing
  bool watchBroken = false;  ///< opening a watch fails
  unsigned transactions = 0;
  unsigned durable = 0;
  uint64_t revision() const { return revision_; }
  std::map<std::string, Row>& rows() { return rows_; }

 private:
  class Server;
  class Watch;
  struct Errors final : kj::TaskSet::ErrorHandler {
    void taskFailed(kj::Exception&&) override {}
  };

  void record(std::vector<Event> events);
  Row* find(const std::string& key) {
    auto found = rows_.find(key);
    return found == rows_.end() ? nullptr : &found->second;
  }

  std::map<std::string, Row> rows_;
  std::vector<Event> log_;
  uint64_t revision_ = 0;
  uint64_t compacted_ = 0;
  std::set<Watch*> watches_;
  Errors errors_;
  kj::TaskSet tasks_;
};

class FakeStore::Watch {
 public:
  Watch(FakeStore& store, std::string start, std::string end, schema::StoreWatchSink::Client sink)
      : store_(store), start_(std::move(start)), end_(std::move(end)), sink_(kj::mv(sink)) {
    store.watches_.insert(this);
  }
  ~Watch() noexcept { store_.watches_.erase(this); }

  void tell(const std::vector<Event>& events) {
    KJ_IF_MAYBE (sink, sink_) {
      auto request = sink->eventsRequest();
      std::vector<const Event*> mine;
      for (auto& event : events) {
        if (event.key >= start_ && event.key < end_) mine.push_back(&event);
      }
      auto list = request.initEvents(mine.size());
      for (unsigned i = 0; i < mine.size(); ++i) write(*mine[i], list[i]);
      request.setRevision(events.back().revision);
      store_.tasks_.add(request.send());
    }
  }
  void die() { sink_ = nullptr; }

 private:
  static void write(const Event& event, schema::StoreEvent::Builder target) {
    auto entry = event.removed ? target.initDelete() : target.initPut();
    entry.setKey(dataOf(event.key));
    entry.setModRevision(event.revision);
    if (event.removed) return;
    entry.setValue(dataOf(event.row.value));
    entry.setCreateRevision(event.row.created);
  }

  FakeStore& store_;
  std::string start_;
  std::string end_;
  kj::Maybe<schema::StoreWatchSink::Client> sink_;
};

class FakeStore::Server final : public schema::Store::Server {
 public:
  explicit Server(FakeStore& store) : store_(store) {}

  kj::Promise<void> range(RangeContext context) override {
    auto params = context.getParams();
    if (params.getRevision() != 0 && params.getRevision() < store_.compacted_) {
      fail(ErrorCode::TOO_OLD, "compacted");
    }
    uint64_t at = params.getRevision() == 0 ? store_.revision_ : params.getRevision();
    std::string start(view(params.getStart()));
    std::string end(view(params.getEnd()));
    std::vector<std::pair<std::string, Row>> found;
    for (auto& [key, row] : stateAt(at)) {
      if (end.empty() ? key == start : key >= start && key < end) found.emplace_back(key, row);
    }
    bool more = params.getLimit() != 0 && found.size() > params.getLimit();
    if (more) found.resize(params.getLimit());
    auto results = context.getResults();
    results.setMore(more);
    results.setRevision(store_.revision_);
    auto entries = results.initEntries(found.size());
    for (unsigned i = 0; i < found.size(); ++i) write(found[i].first, found[i].second, entries[i]);
    return kj::READY_NOW;
  }

  kj::Promise<void> txn(TxnContext context) override {
    ++store_.transactions;
    auto fate = store_.nextFate;
    store_.nextFate = Fate::served;
    if (fate == Fate::lostBefore) return die();
    apply(context);
    if (fate == Fate::lostAfter) return die();
    return kj::READY_NOW;
  }

  kj::Promise<void> watch(WatchContext context) override {
    if (store_.watchBroken) fail(ErrorCode::UNAVAILABLE, "no watch today");
    auto params = context.getParams();
    if (params.getFrom() != 0 && params.getFrom() <= store_.compacted_) {
      fail(ErrorCode::TOO_OLD, "compacted");
    }
    auto watch = kj::heap<Watch>(store_, std::string(view(params.getStart())),
                                 std::string(view(params.getEnd())), params.getSink());
    std::vector<Event> past;
    for (auto& event : store_.log_) {
      if (params.getFrom() != 0 && event.revision >= params.getFrom()) past.push_back(event);
    }
    if (!past.empty()) watch->tell(past);
    context.getResults().setWatch(keepWhileHeld(kj::mv(watch)));
    return kj::READY_NOW;
  }

  kj::Promise<void> compact(CompactContext context) override {
    store_.compacted_ = context.getParams().getRevision();
    return kj::READY_NOW;
  }

  kj::Promise<void> status(StatusContext context) override {
    context.getResults().setRevision(store_.revision_);
    return kj::READY_NOW;
  }

 private:
  kj::Promise<void> die() {
    store_.crash();
    return makeError(ErrorCode::UNAVAILABLE, "the store died");
  }

  std::map<std::string, Row> stateAt(uint64_t revision) {
    if (revision >= store_.revision_) return store_.rows_;
    std::map<std::string, Row> state;
    for (auto& event : store_.log_) {
      if (event.revision > revision) break;
      if (event.removed) {
        state.erase(event.key);
      } else {
        state[event.key] = event.row;
      }
    }
    return state;
  }

  static void write(const std::string& key, const Row& row, schema::Entry::Builder entry) {
    entry.setKey(dataOf(key));
    entry.setValue(dataOf(row.value));
    entry.setCreateRevision(row.created);
    entry.setModRevision(row.modified);
  }

  void apply(TxnContext context) {
    auto params = context.getParams();
    auto results = context.getResults();
    bool holds = true;
    std::vector<std::string> present;
    for (auto compare : params.getCompares()) {
      std::string key(view(compare.getKey()));
      Row* row = store_.find(key);
      if (row != nullptr) present.push_back(key);
      holds = holds && compare.getRevision() == (row == nullptr ? 0 : row->modified);
    }
    results.setSucceeded(holds);
    if (!holds) {
      auto current = results.initCurrent(present.size());
      for (unsigned i = 0; i < present.size(); ++i) {
        write(present[i], store_.rows_[present[i]], current[i]);
      }
    } else {
      if (params.getDurable()) ++store_.durable;
      std::vector<Event> events;
      uint64_t revision = store_.revision_ + 1;
      for (auto change : params.getWrites()) {
        std::string key(view(change.getKey()));
        Row* row = store_.find(key);
        Row next;
        if (change.isPut()) {
          next = {std::string(view(change.getPut())), row == nullptr ? revision : row->created,
                  revision};
        }
        events.push_back({revision, key, change.isDelete(), next});
      }
      store_.record(std::move(events));
    }
    results.setRevision(store_.revision_);
  }

  FakeStore& store_;
};

inline schema::Store::Client FakeStore::client() {
  return kj::heap<Server>(*this);
}

inline void FakeStore::crash() {
  for (Watch* watch : watches_) watch->die();
}

inline void FakeStore::record(std::vector<Event> events) {
  revision_ = events.front().revision;
  for (auto& event : events) {
    if (event.removed) {
      rows_.erase(event.key);
    } else {
      rows_[event.key] = event.row;
    }
    log_.push_back(event);
  }
  if (watchMuted) return;
  for (Watch* watch : watches_) watch->tell(events);
}

inline uint64_t FakeStore::put(const std::string& key, std::string value) {
  Row* row = find(key);
  uint64_t revision = revision_ + 1;
  record({{revision, key, false, {std::move(value), row ? row->created : revision, revision}}});
  return revision;
}

}  // namespace stave::testing
