#include <stave/store/index.h>

#include <kj/debug.h>

#include <algorithm>

namespace stave {

bool StoreRange::contains(std::string_view key) const {
  if (single()) return key == start;
  return key >= start && (unbounded() || key < end);
}

void StoreIndex::apply(const StoreRow& row) {
  auto& version = row.version;
  KJ_REQUIRE(version.modRevision >= revision_, "a transaction came after a later one");
  auto key = keys_.try_emplace(row.key).first;
  auto& versions = key->second;
  const StoreVersion* present = find(row.key);
  moveLease(row.key, present == nullptr ? 0 : present->lease, version.lease);
  liveKeys_ += (version.deleted() ? 0 : 1) - (present == nullptr ? 0 : 1);
  versions.push_back(version);
  revision_ = version.modRevision;
  if (log_.empty() || log_.back().revision != revision_) log_.push_back({revision_, {}});
  log_.back().keys.push_back(key);
}

void StoreIndex::moveLease(const std::string& key, uint64_t from, uint64_t to) {
  if (from == to) return;
  if (from != 0) {
    auto attached = leases_.find(from);
    attached->second.erase(key);
    if (attached->second.empty()) leases_.erase(attached);
  }
  if (to != 0) leases_[to].insert(key);
}

const StoreVersion* StoreIndex::find(const std::string& key) const {
  auto found = keys_.find(key);
  if (found == keys_.end() || found->second.empty()) return nullptr;
  auto& newest = found->second.back();
  return newest.deleted() ? nullptr : &newest;
}

const StoreVersion* StoreIndex::at(const Versions& versions, uint64_t revision) {
  auto after = std::upper_bound(
      versions.begin(), versions.end(), revision,
      [](uint64_t wanted, const StoreVersion& version) { return wanted < version.modRevision; });
  return after == versions.begin() ? nullptr : &*std::prev(after);
}

StoreIndex::Selection StoreIndex::select(const StoreRange& range, uint64_t revision, uint32_t limit,
                                         uint64_t byteLimit) const {
  Selection selection;
  uint64_t bytes = 0;
  for (auto key = keys_.lower_bound(range.start); key != keys_.end(); ++key) {
    if (!range.contains(key->first)) break;
    auto version = at(key->second, revision);
    if (version == nullptr || version->deleted()) continue;
    bytes += key->first.size() + version->value->size();
    bool full = limit != 0 && selection.found.size() == limit;
    if (full || (bytes > byteLimit && !selection.found.empty())) {
      selection.more = true;
      break;
    }
    selection.found.push_back({&key->first, version});
  }
  return selection;
}

std::vector<StoreIndex::Found> StoreIndex::written(uint64_t revision,
                                                   const StoreRange& range) const {
  std::vector<Found> found;
  auto transaction = std::lower_bound(
      log_.begin(), log_.end(), revision,
      [](const Transaction& left, uint64_t wanted) { return left.revision < wanted; });
  if (transaction == log_.end() || transaction->revision != revision) return found;
  for (auto& key : transaction->keys) {
    if (range.contains(key->first)) found.push_back({&key->first, at(key->second, revision)});
  }
  return found;
}

std::vector<StoreIndex::Place> StoreIndex::compact(uint64_t revision) {
  std::vector<Place> forgotten;
  if (revision <= compactRevision_) return forgotten;
  KJ_REQUIRE(revision <= revision_, "compacting the future");
  compactRevision_ = revision;
  // Each key once, however often it was written: trimming may erase it.
  std::map<const std::string*, std::map<std::string, Versions>::iterator> touched;
  while (!log_.empty() && log_.front().revision < revision) {
    for (auto& key : log_.front().keys) touched.emplace(&key->first, key);
    log_.pop_front();
  }
  for (auto& [name, key] : touched) trim(key, forgotten);
  return forgotten;
}

/// Drops the versions that a later one hides at the compact revision, and a deletion before it. A
/// key without any version left is in no log entry either: those that remain keep their versions.
void StoreIndex::trim(std::map<std::string, Versions>::iterator key,
                      std::vector<Place>& forgotten) {
  auto& versions = key->second;
  auto visible = at(versions, compactRevision_);
  if (visible == nullptr) return;
  auto keep = versions.begin() + (visible - versions.data());
  if (visible->deleted() && visible->modRevision < compactRevision_) ++keep;
  for (auto version = versions.begin(); version != keep; ++version) {
    forgotten.push_back({version->modRevision, version->sequence});
  }
  versions.erase(versions.begin(), keep);
  if (versions.empty()) keys_.erase(key);
}

std::vector<std::string> StoreIndex::keysOfLease(uint64_t lease) const {
  auto found = leases_.find(lease);
  if (found == leases_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

}  // namespace stave
