#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// The ordered, versioned index of a `store` plug-in: every retained version of every key, in
/// memory. Plain data: persistence, leases and RPC stand around it (store_service.h).
namespace stave {

/// One version of a key.
struct StoreVersion {
  uint64_t modRevision = 0;
  uint64_t createRevision = 0;
  uint64_t version = 0;
  uint64_t lease = 0;
  uint32_t sequence = 0;                     ///< which write of its transaction it was
  std::shared_ptr<const std::string> value;  ///< null: this version is the key's deletion

  bool deleted() const { return value == nullptr; }
};

struct StoreRow {
  std::string key;
  StoreVersion version;
};

/// Keys from `start` up to but without `end`. An empty end: the one key; "\0": no upper bound.
struct StoreRange {
  std::string start;
  std::string end;

  bool contains(std::string_view key) const;
  bool single() const { return end.empty(); }
  bool unbounded() const { return end.size() == 1 && end[0] == '\0'; }
};

class StoreIndex {
 public:
  /// A row's place in history, by which a journal finds what was forgotten.
  struct Place {
    uint64_t revision;
    uint32_t sequence;
  };
  struct Found {
    const std::string* key;
    const StoreVersion* version;
  };
  struct Selection {
    std::vector<Found> found;
    bool more = false;
  };

  /// Adds a version; revisions never go down, sequences within one count up.
  void apply(const StoreRow& row);

  /// The key's present version; null if it does not exist.
  const StoreVersion* find(const std::string& key) const;

  /// The keys that exist at `revision` (which must be retained), at most `limit` (0: all) of them
  /// and no more than `byteLimit` of keys and values, but at least one. Valid until the next
  /// change.
  Selection select(const StoreRange& range, uint64_t revision, uint32_t limit,
                   uint64_t byteLimit = UINT64_MAX) const;

  /// The writes of one revision to keys in the range, in their order; none for a revision without
  /// any.
  std::vector<Found> written(uint64_t revision, const StoreRange& range) const;

  /// Forgets what only matters before `revision`, and tells what that was. Lower than the last:
  /// nothing.
  std::vector<Place> compact(uint64_t revision);

  std::vector<std::string> keysOfLease(uint64_t lease) const;

  uint64_t revision() const { return revision_; }
  uint64_t compactRevision() const { return compactRevision_; }
  uint64_t liveKeys() const { return liveKeys_; }

 private:
  using Versions = std::vector<StoreVersion>;  // oldest first
  struct Transaction {
    uint64_t revision;
    std::vector<std::map<std::string, Versions>::iterator> keys;
  };

  static const StoreVersion* at(const Versions& versions, uint64_t revision);
  void moveLease(const std::string& key, uint64_t from, uint64_t to);
  void trim(std::map<std::string, Versions>::iterator key, std::vector<Place>& forgotten);

  std::map<std::string, Versions> keys_;
  std::deque<Transaction> log_;  // the transactions at or after compactRevision_
  std::map<uint64_t, std::set<std::string>> leases_;
  uint64_t revision_ = 1;  // of the empty store, so that the first write has a predecessor
  uint64_t compactRevision_ = 0;
  uint64_t liveKeys_ = 0;
};

}  // namespace stave
