#pragma once

#include <stave/store/index.h>

#include <optional>

/// A `store` transaction as plain data, and what a group of them does to the index.
namespace stave {

struct StoreCompare {
  std::string key;
  bool createRevision = false;  ///< compares this one instead of the mod revision
  uint64_t revision = 0;        ///< 0: the key must not exist
};

struct StoreWrite {
  std::string key;
  std::optional<std::string> value;  ///< none: delete
  uint64_t lease = 0;
};

struct StoreTransaction {
  std::vector<StoreCompare> compares;
  std::vector<StoreWrite> writes;

  static constexpr size_t maximumKeys = 128;
  static constexpr size_t maximumBytes = 16 << 20;

  /// Fails [invalid] for an empty key, a key written twice or too many keys, [exhausted] for too
  /// many bytes.
  void check() const;
};

struct StoreOutcome {
  bool succeeded = true;
  uint64_t revision = 0;
  std::vector<StoreRow>
      current;  ///< of the keys that were compared and exist, if it did not succeed
};

/// Transactions one after the other, each seeing those before it, without touching the index yet:
/// it is changed by applying `rows()` once they are safe.
class StorePlan {
 public:
  explicit StorePlan(const StoreIndex& index) : index_(index), revision_(index.revision()) {}

  StoreOutcome add(const StoreTransaction& transaction);

  /// Deletes all keys that are attached to the lease, in one transaction.
  StoreOutcome endLease(uint64_t lease);

  const std::vector<StoreRow>& rows() const { return rows_; }
  std::vector<StoreRow> takeRows() { return std::move(rows_); }

 private:
  const StoreVersion* present(const std::string& key) const;
  bool holds(const StoreCompare& compare) const;
  void write(const std::vector<StoreWrite>& writes);
  std::optional<StoreVersion> versionAfter(const StoreWrite& write) const;

  const StoreIndex& index_;
  uint64_t revision_;
  std::map<std::string, StoreVersion> overlay_;
  std::vector<StoreRow> rows_;
};

}  // namespace stave
