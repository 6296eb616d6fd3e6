#include "kernel/object/object_cache.h"

namespace stave {

VersionPtr ObjectCache::find(const ObjectKey& key) const {
  auto found = objects_.find(key);
  return found == objects_.end() ? nullptr : found->second;
}

VersionPtr ObjectCache::findUid(std::string_view uid) const {
  auto found = byUid_.find(std::string(uid));
  return found == byUid_.end() ? nullptr : find(found->second);
}

VersionPtr ObjectCache::replace(const ObjectKey& key, VersionPtr after) {
  VersionPtr before = find(key);
  if (before != nullptr) unindex(*before);
  if (after != nullptr) {
    index(*after);
    objects_[key] = std::move(after);
  } else {
    objects_.erase(key);
  }
  return before;
}

std::vector<ObjectKey> ObjectCache::ownedBy(std::string_view uid) const {
  auto found = byOwner_.find(std::string(uid));
  if (found == byOwner_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

void ObjectCache::index(const ObjectVersion& version) {
  byUid_[std::string(version.uid())] = version.key();
  for (auto owner : version.metadata().getOwners()) {
    byOwner_[std::string(view(owner.getUid()))].insert(version.key());
  }
}

void ObjectCache::unindex(const ObjectVersion& version) {
  byUid_.erase(std::string(version.uid()));
  for (auto owner : version.metadata().getOwners()) {
    auto found = byOwner_.find(std::string(view(owner.getUid())));
    if (found == byOwner_.end()) continue;
    found->second.erase(version.key());
    if (found->second.empty()) byOwner_.erase(found);
  }
}

}  // namespace stave
