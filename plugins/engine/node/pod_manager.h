#pragma once

#include "mirror.h"
#include "pod_worker.h"

namespace stave::node {

/// The workers of this node's pods.
class PodManager {
 public:
  PodManager(PodWorker::Parts parts, Mirror& pods);

  /// Looks at what runs, takes it over, removes what belongs to no pod, and begins to work.
  Task<> start();

  /// Something changed that a pod may wait for.
  void resourcesChanged();

  /// By "NAME" (in the namespace "default") or "NAMESPACE/NAME". Fails [not-found].
  std::shared_ptr<PodWorker> find(const std::string& pod) const;
  bool known(const std::string& pod) const { return pods_.find(fullKey(pod)) != nullptr; }
  const std::map<std::string, std::shared_ptr<PodWorker>>& all() const { return workers_; }

  /// Told when pods come, go or change.
  void onChange(std::function<void()> listener) { listener_ = std::move(listener); }

  /// Told when nothing of a pod is left.
  void onGone(std::function<void()> listener) { onGone_ = std::move(listener); }

  static std::string fullKey(const std::string& pod);

 private:
  bool ours(const ObjectCopy& object) const;
  void note(const ObjectPointer& object, bool removed);
  void add(const ObjectPointer& object);
  Task<> work(std::shared_ptr<PodWorker> worker);
  bool owns(const std::string& containerId) const;
  Task<> findContainers();
  Task<> cleanUp(const char* what, kj::Promise<void> work);
  Task<> removeContainers();
  Task<> removeSnapshots();
  Task<> removeEndpoints();

  PodWorker::Parts parts_;
  Mirror& pods_;
  bool started_ = false;
  FoundContainers found_;
  std::map<std::string, std::shared_ptr<PodWorker>> workers_;  ///< by uid
  std::function<void()> listener_;
  std::function<void()> onGone_;
  LoggedTasks tasks_;
};

}  // namespace stave::node
