#include "kernel/event/watch_queue.h"

#include <optional>

namespace stave {

namespace {

/// What a watcher that was told `known` is to be told of a change; nothing if nothing.
std::optional<WatchQueue::Entry> entryFor(const Query& query, const ObjectChange& change,
                                          bool known) {
  if (change.after != nullptr && query.matches(*change.after)) {
    return WatchQueue::Entry{change.after, false, known};
  }
  if (!known) return std::nullopt;
  return WatchQueue::Entry{change.after != nullptr ? change.after : change.last, true, known};
}

bool matchedBefore(const Query& query, const ObjectChange& change) {
  return change.before != nullptr && query.matches(*change.before);
}

}  // namespace

void WatchQueue::seed(const VersionPtr& state) {
  push(state->key(), {state, false, false}, state->revision());
}

void WatchQueue::replay(const Query& query, const ObjectChange& change) {
  auto entry = entryFor(query, change, matchedBefore(query, change));
  if (entry) push(change.key(), std::move(*entry), change.revision);
}

void WatchQueue::add(const Query& query, const ObjectChange& change) {
  const ObjectKey& key = change.key();
  auto waiting = newest_.find(key);
  if (waiting == newest_.end()) return replay(query, change);
  auto position = entries_.find({waiting->second, key});
  bool known = position->second.known;
  entries_.erase(position);
  newest_.erase(waiting);
  auto entry = entryFor(query, change, known);
  if (entry) push(key, std::move(*entry), change.revision);
}

void WatchQueue::push(const ObjectKey& key, Entry entry, uint64_t revision) {
  entries_.insert_or_assign({revision, key}, std::move(entry));
  newest_[key] = revision;
}

std::vector<WatchQueue::Entry> WatchQueue::take(size_t maximumEntries, size_t maximumWords) {
  std::vector<Entry> taken;
  size_t words = 0;
  uint64_t revision = 0;
  while (!entries_.empty()) {
    auto first = entries_.begin();
    bool enough = taken.size() >= maximumEntries || words >= maximumWords;
    if (enough && first->first.first != revision) break;
    revision = first->first.first;
    words += first->second.state->words();
    auto newest = newest_.find(first->first.second);
    if (newest != newest_.end() && newest->second == revision) newest_.erase(newest);
    taken.push_back(std::move(first->second));
    entries_.erase(first);
  }
  return taken;
}

}  // namespace stave
