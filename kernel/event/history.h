#pragma once

#include <deque>
#include <vector>

#include "kernel/object/object_version.h"

namespace stave {

/// What one object went through at one revision.
struct ObjectChange {
  uint64_t revision;
  VersionPtr before;  ///< null: it did not exist
  VersionPtr after;   ///< null: it was removed
  VersionPtr last;    ///< of a removal: the last state, at the revision of the removal

  const ObjectKey& key() const { return (after != nullptr ? after : last)->key(); }
};

/// The recent changes, so that a watch can begin in the past. Bounded in number and in bytes; the
/// oldest revision goes first, always as a whole.
class History {
 public:
  History(size_t maximumChanges, size_t maximumWords)
      : maximumChanges_(maximumChanges), maximumWords_(maximumWords) {}

  /// Forgets everything: what is known begins after `revision`.
  void restart(uint64_t revision);
  void append(const ObjectChange& change);

  /// A watch can begin at this revision and later.
  uint64_t floor() const { return floor_; }
  const std::deque<ObjectChange>& changes() const { return changes_; }

  /// The state that the change of an object at this very revision made. Null: it was removed, did
  /// not change then, or the history does not reach there.
  VersionPtr stateAt(const ObjectKey& key, uint64_t revision) const;

 private:
  void dropOldest();

  size_t maximumChanges_;
  size_t maximumWords_;
  size_t words_ = 0;
  uint64_t floor_ = 0;
  std::deque<ObjectChange> changes_;
};

}  // namespace stave
