#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace stave::local {

struct HoldEntry {
  std::string name;
  std::set<std::string> digests;
  bool persistent = false;
};

/// Which blobs are kept, and by whom. In memory; HoldFiles has the persistent ones on disk.
class HoldTable {
 public:
  using Id = uint64_t;

  /// A persistent name that exists is replaced; its id is void then.
  Id add(HoldEntry entry);

  /// false: the id is void.
  bool extend(Id id, const std::vector<std::string>& digests);
  void remove(Id id);

  /// The persistent hold of that name; 0: there is none.
  Id find(const std::string& name) const;

  const HoldEntry* get(Id id) const;
  bool isHeld(const std::string& digest) const { return counts_.contains(digest); }
  uint32_t countOf(const std::string& digest) const;
  const std::map<Id, HoldEntry>& all() const { return entries_; }

 private:
  void count(const std::string& digest, int change);

  std::map<Id, HoldEntry> entries_;
  std::map<std::string, Id> persistent_;
  std::map<std::string, uint32_t> counts_;
  Id last_ = 0;
};

}  // namespace stave::local
