#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "kernel/object/object_version.h"

namespace stave {

/// All objects as they are now, in memory, with the two indexes that owners need.
class ObjectCache {
 public:
  VersionPtr find(const ObjectKey& key) const;
  VersionPtr findUid(std::string_view uid) const;

  /// Puts `after`, or removes the object if it is null. Returns what was there before.
  VersionPtr replace(const ObjectKey& key, VersionPtr after);

  /// Calls `visit` for each object of the kind, in order of namespace and name; of one namespace if
  /// `space` is not empty.
  template <typename Visit>
  void forEach(const std::string& kind, const std::string& space, Visit visit) const;

  /// The objects that name `uid` as an owner.
  std::vector<ObjectKey> ownedBy(std::string_view uid) const;

  const std::map<ObjectKey, VersionPtr>& all() const { return objects_; }

 private:
  void index(const ObjectVersion& version);
  void unindex(const ObjectVersion& version);

  std::map<ObjectKey, VersionPtr> objects_;
  std::unordered_map<std::string, ObjectKey> byUid_;
  std::unordered_map<std::string, std::set<ObjectKey>> byOwner_;
};

template <typename Visit>
void ObjectCache::forEach(const std::string& kind, const std::string& space, Visit visit) const {
  for (auto at = objects_.lower_bound(ObjectKey{kind, space, ""}); at != objects_.end(); ++at) {
    if (at->first.kind != kind || (!space.empty() && at->first.space != space)) break;
    visit(at->second);
  }
}

}  // namespace stave
