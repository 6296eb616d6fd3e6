#pragma once

#include "keyed_work.h"
#include "mirror.h"
#include "object_writer.h"

namespace stave::node {

/// Turns Volume objects into calls on their drivers.
class VolumeReconciler {
 public:
  VolumeReconciler(Environment& environment, Mirror& volumes, ObjectWriter& writer);

  /// Asks for a volume that is not there yet, on behalf of a pod.
  kj::Promise<void> ensure(const std::string& name, bool anonymous, const ObjectPointer& pod);

  ObjectPointer object(const std::string& name) const { return volumes_.find(name); }
  const std::map<std::string, ObjectPointer>& all() const { return volumes_.all(); }
  bool ready(const std::string& name) const { return made_.count(name) > 0; }
  /// Told when one has become ready.
  void onReady(std::function<void()> listener) { onReady_ = std::move(listener); }

  schema::VolumeDriver::Client driver(const std::string& name) const;

  /// Deletes the object; its data goes with it.
  kj::Promise<void> remove(const std::string& name, const std::string& reason);

  /// Which pods mount which volume changed.
  void noteUse(std::map<std::string, std::vector<std::string>> podsByVolume);

 private:
  Task<> reconcile(std::string name);
  Task<> make(ObjectPointer object);
  Task<> destroy(ObjectPointer object);
  Task<> writeStatus(ObjectPointer object, std::string failure);

  struct Made {
    std::string path;
    std::vector<std::string> usedBy;  ///< as the status says it
    uint64_t generation;
  };

  Environment& environment_;
  Mirror& volumes_;
  ObjectWriter& writer_;
  std::map<std::string, Made> made_;
  std::map<std::string, std::vector<std::string>> use_;
  std::function<void()> onReady_;
  KeyedWork work_;
};

}  // namespace stave::node
