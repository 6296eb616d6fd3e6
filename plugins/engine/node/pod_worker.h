#pragma once

#include <map>

#include "pod_starter.h"

namespace stave::node {

/// What the system held of our containers when the engine came up.
using FoundContainers =
    std::map<std::string,
             std::pair<kj::Own<schema::ContainerState::Reader>, schema::Container::Client>>;

/// Makes one pod be as its object says: asks the plan what to do, does it, tells the status, waits
/// for something to change, and asks again.
class PodWorker : public std::enable_shared_from_this<PodWorker> {
 public:
  struct Parts {
    Environment& environment;
    ObjectWriter& writer;
    const ImageIndex& images;
    NetworkReconciler& networks;
    VolumeReconciler& volumes;
    PodStarter::FindPod findPod;
  };

  PodWorker(Parts parts, ObjectPointer object);

  /// Done when nobody can see the pod any more.
  Task<> run();
  /// Done when nothing of it is left in the system either.
  kj::Promise<void> whenCleared() { return tasks_.whenEmpty(); }

  /// Takes over what the pod's status and the system say; before `run`.
  void adopt(FoundContainers& found);

  /// The object changed.
  void update(ObjectPointer object);
  /// It is gone although we had not let it go.
  void vanish();
  /// An image, a network or a volume changed.
  void resourcesChanged();

  const PodRecord& record() const { return pod_; }
  ContainerControl& control(std::string_view container);
  const ContainerState& containerState(std::string_view container) const;
  const ContainerRecord& containerRecord(std::string_view container) const;
  /// Whether a container that does not run will be started again by itself.
  bool goesOn(std::string_view container) const;
  kj::Promise<schema::Process::Client> attach(std::string_view container);

 private:
  void addContainer(schema::PodContainer::Reader spec, uint32_t index, bool init);
  void adoptContainer(size_t index, schema::ContainerStatus::Reader status, FoundContainers& found);
  void onExit(size_t index, const ContainerControl::Exit& exit);
  void wake();
  Task<> settle(std::optional<int64_t> wakeAt);
  Task<> sleep(std::optional<int64_t> wakeAt);
  bool statusChanged();
  Task<> publish();
  void discardStopped();

  Task<> perform(Action action);
  Task<> performOn(Action::Kind kind, size_t index);
  Task<> dispatch(Action action);
  Task<> begin(std::vector<size_t> indices, bool start);
  void refuse(const Readiness& readiness);
  void noteFailure(Failure failure);
  Task<> tearDown();
  Task<> purge();
  Task<> removeFiles(bool byItself);
  Task<> removeVolumes();
  kj::Promise<void> removeObject(bool byItself);
  Task<> forgetContainers(bool discard);

  Environment& environment_;
  ObjectWriter& writer_;
  const ImageIndex& images_;
  VolumeReconciler& volumes_;
  PodRecord pod_;
  PodStarter starter_;
  bool vanished_ = false;
  bool leaving_ = false;  ///< it is being purged, and nothing can be started in it any more
  bool poked_ = false;
  uint64_t resources_ = 0;     ///< counts changes of what pods wait for
  uint64_t waitingSince_ = 0;  ///< the count when it began to wait
  uint32_t attempts_ = 0;
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> sleeper_;
  kj::Own<capnp::MallocMessageBuilder> published_;
  LoggedTasks tasks_;
};

}  // namespace stave::node
