#pragma once

#include <stave/task.h>

#include <functional>
#include <map>

#include "environment.h"
#include "object_copy.h"

namespace stave::node {

/// The objects of one kind as the kernel last told them. Lists once, then watches; when the watch
/// is lost it lists again, and tells the difference as if it had been watched.
class Mirror {
 public:
  using Listener = std::function<void(const ObjectPointer& object, bool removed)>;

  Mirror(Environment& environment, std::string kind);

  void onChange(Listener listener) { listeners_.push_back(std::move(listener)); }

  /// Goes on for ever.
  Task<> run();

  /// Done when the first listing is in.
  kj::Promise<void> ready() { return ready_.addBranch(); }

  ObjectPointer find(const std::string& key) const;
  const std::map<std::string, ObjectPointer>& all() const { return objects_; }

 private:
  class Sink;

  Task<> follow();
  void replaceAll(capnp::List<schema::Object>::Reader objects);
  void put(schema::Object::Reader object);
  void remove(schema::Object::Reader object);
  void tell(const ObjectPointer& object, bool removed);

  Environment& environment_;
  std::string kind_;
  std::map<std::string, ObjectPointer> objects_;
  std::vector<Listener> listeners_;
  kj::Own<kj::PromiseFulfiller<void>> isReady_;
  kj::ForkedPromise<void> ready_;
};

}  // namespace stave::node
