#pragma once

#include <map>
#include <vector>

#include "kernel/event/history.h"
#include "kernel/event/query.h"

namespace stave {

/// What one watcher has still to be told, in order of revision.
///
/// Bounded without a limit of its own: at most one entry per object that matches or that the
/// watcher was told of. Later changes of an object replace the entry (the newest state counts), and
/// an object that came and went without the watcher having heard of it leaves nothing.
class WatchQueue {
 public:
  struct Entry {
    VersionPtr state;
    bool removed;
    bool known;  // the watcher was told, before this entry, that the object matches
  };

  /// The present state, for watches from the beginning.
  void seed(const VersionPtr& state);

  /// Something that happened before the watch was opened: told as a change of its own.
  void replay(const Query& query, const ObjectChange& change);

  /// Something that happens now: merged with what waits for the same object.
  void add(const Query& query, const ObjectChange& change);

  bool empty() const { return entries_.empty(); }
  size_t size() const { return entries_.size(); }

  /// The oldest entries, whole revisions only, until there are enough of them.
  std::vector<Entry> take(size_t maximumEntries, size_t maximumWords);

 private:
  using Position = std::pair<uint64_t, ObjectKey>;  // revision first

  void push(const ObjectKey& key, Entry entry, uint64_t revision);

  std::map<Position, Entry> entries_;
  std::map<ObjectKey, uint64_t> newest_;  // the revision of the newest entry of each object
};

}  // namespace stave
