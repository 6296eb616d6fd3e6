#include "hold_table.h"

namespace stave::local {

HoldTable::Id HoldTable::add(HoldEntry entry) {
  if (entry.persistent) remove(find(entry.name));
  Id id = ++last_;
  for (const std::string& digest : entry.digests) count(digest, 1);
  if (entry.persistent) persistent_[entry.name] = id;
  entries_.emplace(id, std::move(entry));
  return id;
}

bool HoldTable::extend(Id id, const std::vector<std::string>& digests) {
  auto found = entries_.find(id);
  if (found == entries_.end()) return false;
  for (const std::string& digest : digests) {
    if (found->second.digests.insert(digest).second) count(digest, 1);
  }
  return true;
}

void HoldTable::remove(Id id) {
  auto found = entries_.find(id);
  if (found == entries_.end()) return;
  for (const std::string& digest : found->second.digests) count(digest, -1);
  if (found->second.persistent) persistent_.erase(found->second.name);
  entries_.erase(found);
}

HoldTable::Id HoldTable::find(const std::string& name) const {
  auto found = persistent_.find(name);
  return found == persistent_.end() ? 0 : found->second;
}

const HoldEntry* HoldTable::get(Id id) const {
  auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second;
}

uint32_t HoldTable::countOf(const std::string& digest) const {
  auto found = counts_.find(digest);
  return found == counts_.end() ? 0 : found->second;
}

void HoldTable::count(const std::string& digest, int change) {
  auto found = counts_.try_emplace(digest, 0).first;
  found->second += change;
  if (found->second == 0) counts_.erase(found);
}

}  // namespace stave::local
