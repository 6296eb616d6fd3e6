#pragma once

#include <stave/schema/object.capnp.h>

#include <map>
#include <string>

#include "kernel/plugin/supervisor.h"

namespace stave::plugin {

/// Keeps a Plugin object per plug-in, so that its state can be seen, watched and explained like any
/// other.
class PluginObjects final : private kj::TaskSet::ErrorHandler {
 public:
  explicit PluginObjects(schema::Objects::Client objects)
      : objects_(kj::mv(objects)), tasks_(*this) {}
  KJ_DISALLOW_COPY(PluginObjects);

  /// Writes the plug-in's present state. Writes of one plug-in never overtake each other, and what
  /// changes while one is under way is merged.
  void update(Supervisor& supervisor);
  /// Removes objects of plug-ins that are not in the stack any more.
  kj::Promise<void> removeOthers(std::vector<std::string> names);

 private:
  struct Pending {
    bool writing = false;
    bool again = false;
  };

  kj::Promise<void> write(Supervisor& supervisor, std::string name);
  void taskFailed(kj::Exception&& exception) override;

  schema::Objects::Client objects_;
  std::map<std::string, Pending> pending_;
  kj::TaskSet tasks_;
};

}  // namespace stave::plugin
