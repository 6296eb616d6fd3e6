#pragma once

#include <set>

#include "keyed_work.h"
#include "mirror.h"
#include "object_writer.h"

namespace stave::node {

/// Turns Network objects into calls on their drivers.
class NetworkReconciler {
 public:
  NetworkReconciler(Environment& environment, Mirror& networks, ObjectWriter& writer);

  /// Makes the Network objects that every stack has: one for each driver that needs no choices.
  Task<> ensureDefaults();

  /// The network of pods that name none.
  std::string defaultNetwork() const;

  ObjectPointer object(const std::string& name) const { return networks_.find(name); }

  /// Whether the driver has made (or checked) it in the life of this process.
  bool ready(const std::string& name) const { return made_.count(name) > 0; }

  /// Told when one has become ready.
  void onReady(std::function<void()> listener) { onReady_ = std::move(listener); }

  /// The driver that serves a network that is there.
  schema::Network::Client driver(const std::string& name) const;

 private:
  Task<> reconcile(std::string name);
  Task<> make(ObjectPointer object);
  Task<> remove(ObjectPointer object);
  std::string driverName(const ObjectCopy& object) const;

  Environment& environment_;
  Mirror& networks_;
  ObjectWriter& writer_;
  std::map<std::string, uint64_t> made_;  ///< and the generation that was made
  std::function<void()> onReady_;
  KeyedWork work_;
};

}  // namespace stave::node
