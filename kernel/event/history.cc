#include "kernel/event/history.h"

namespace stave {

namespace {

size_t wordsOf(const ObjectChange& change) {
  return (change.after != nullptr ? change.after : change.last)->words();
}

}  // namespace

void History::restart(uint64_t revision) {
  changes_.clear();
  words_ = 0;
  floor_ = revision;
}

void History::append(const ObjectChange& change) {
  words_ += wordsOf(change);
  changes_.push_back(change);
  while (!changes_.empty() && (changes_.size() > maximumChanges_ || words_ > maximumWords_)) {
    dropOldest();
  }
}

void History::dropOldest() {
  floor_ = changes_.front().revision;
  while (!changes_.empty() && changes_.front().revision == floor_) {
    words_ -= wordsOf(changes_.front());
    changes_.pop_front();
  }
}

VersionPtr History::stateAt(const ObjectKey& key, uint64_t revision) const {
  for (auto change = changes_.rbegin(); change != changes_.rend(); ++change) {
    if (change->revision < revision) break;
    if (change->revision == revision && change->key() == key) return change->after;
  }
  return nullptr;
}

}  // namespace stave
