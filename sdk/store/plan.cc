#include <stave/store/plan.h>

#include <fmt/format.h>
#include <stave/error.h>

#include <unordered_set>

namespace stave {

void StoreTransaction::check() const {
  std::unordered_set<std::string_view> keys, written;
  size_t bytes = 0;
  for (auto& compare : compares) keys.insert(compare.key);
  for (auto& write : writes) {
    keys.insert(write.key);
    if (!written.insert(write.key).second) {
      fail(ErrorCode::INVALID, fmt::format("the transaction writes key '{}' twice", write.key));
    }
    bytes += write.key.size() + (write.value ? write.value->size() : 0);
  }
  if (keys.count("") != 0) fail(ErrorCode::INVALID, "the transaction names an empty key");
  if (keys.size() > maximumKeys) {
    fail(ErrorCode::INVALID, fmt::format("the transaction has {} keys; at most {} are possible",
                                         keys.size(), maximumKeys));
  }
  if (bytes > maximumBytes) {
    fail(ErrorCode::EXHAUSTED,
         fmt::format("the transaction writes {} bytes; at most {} are possible", bytes,
                     maximumBytes));
  }
}

const StoreVersion* StorePlan::present(const std::string& key) const {
  auto planned = overlay_.find(key);
  if (planned == overlay_.end()) return index_.find(key);
  return planned->second.deleted() ? nullptr : &planned->second;
}

bool StorePlan::holds(const StoreCompare& compare) const {
  auto version = present(compare.key);
  if (version == nullptr) return compare.revision == 0;
  return compare.revision ==
         (compare.createRevision ? version->createRevision : version->modRevision);
}

/// Nothing if the write changes nothing: the deletion of a key that is not there.
std::optional<StoreVersion> StorePlan::versionAfter(const StoreWrite& write) const {
  auto before = present(write.key);
  StoreVersion after;
  after.modRevision = revision_ + 1;
  if (!write.value) {
    if (before == nullptr) return std::nullopt;
    return after;
  }
  after.createRevision = before == nullptr ? after.modRevision : before->createRevision;
  after.version = before == nullptr ? 1 : before->version + 1;
  after.lease = write.lease;
  after.value = std::make_shared<const std::string>(*write.value);
  return after;
}

StoreOutcome StorePlan::add(const StoreTransaction& transaction) {
  StoreOutcome outcome;
  for (auto& compare : transaction.compares) outcome.succeeded &= holds(compare);
  outcome.revision = revision_;
  if (!outcome.succeeded) {
    for (auto& compare : transaction.compares) {
      auto version = present(compare.key);
      if (version != nullptr) outcome.current.push_back({compare.key, *version});
    }
    return outcome;
  }
  write(transaction.writes);
  outcome.revision = revision_;
  return outcome;
}

void StorePlan::write(const std::vector<StoreWrite>& writes) {
  uint32_t sequence = 0;
  for (auto& write : writes) {
    auto version = versionAfter(write);
    if (!version) continue;
    version->sequence = sequence++;
    rows_.push_back({write.key, *version});
  }
  for (size_t i = rows_.size() - sequence; i < rows_.size(); ++i) {
    overlay_[rows_[i].key] = rows_[i].version;
  }
  if (sequence != 0) ++revision_;
}

StoreOutcome StorePlan::endLease(uint64_t lease) {
  std::set<std::string> attached;
  for (auto& key : index_.keysOfLease(lease)) attached.insert(key);
  for (auto& [key, version] : overlay_) attached.insert(key);
  std::vector<StoreWrite> deletions;
  for (auto& key : attached) {
    auto version = present(key);
    if (version != nullptr && version->lease == lease) deletions.push_back({key, std::nullopt, 0});
  }
  write(deletions);
  return {true, revision_, {}};
}

}  // namespace stave
