#pragma once

#include <set>

#include "kernel/object/object_store.h"

namespace stave {

/// Deletes objects whose last owner is gone.
class ObjectStore::Collector final : private kj::TaskSet::ErrorHandler {
 public:
  explicit Collector(ObjectStore& store) : store_(store), tasks_(*this) {}

  /// Looks at what a change may have orphaned.
  void consider(const ObjectChange& change);

  /// At the start: owners may have gone while the kernel was down.
  void considerAll();

 private:
  bool isOrphan(const ObjectVersion& version) const;
  void enqueue(const ObjectKey& key);
  Task<> work();
  Task<> collect(ObjectKey key);
  void taskFailed(kj::Exception&& exception) override;

  ObjectStore& store_;
  std::set<ObjectKey> queue_;
  bool working_ = false;
  kj::TaskSet tasks_;
};

}  // namespace stave
