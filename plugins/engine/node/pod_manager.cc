#include "pod_manager.h"

#include <stave/error.h>

#include "names.h"
#include "text.h"

namespace stave::node {

PodManager::PodManager(PodWorker::Parts parts, Mirror& pods)
    : parts_(std::move(parts)), pods_(pods), tasks_(parts_.environment, "pods") {
  pods_.onChange([this](const ObjectPointer& object, bool removed) {
    if (started_) note(object, removed);
  });
}

Task<> PodManager::start() {
  co_await findContainers();
  started_ = true;
  for (auto& [key, object] : pods_.all()) note(object, false);
  co_await cleanUp("containers", removeContainers());
  co_await cleanUp("file systems", removeSnapshots());
  co_await cleanUp("network endpoints", removeEndpoints());
  found_.clear();
}

/// What cannot be cleaned up now does not keep the pods from running.
Task<> PodManager::cleanUp(const char* what, kj::Promise<void> work) {
  std::string failure;
  try {
    co_await kj::mv(work);
  } catch (const kj::Exception& exception) {
    failure = textOf(exception);
  }
  if (failure.empty()) co_return;
  parts_.environment.warn(std::string("removing ") + what + " of no pod: " + failure);
}

bool PodManager::ours(const ObjectCopy& object) const {
  auto node = view(object.spec<schema::PodSpec>().getNode());
  return node.empty() ? parts_.environment.unassigned : node == parts_.environment.nodeName;
}

void PodManager::note(const ObjectPointer& object, bool removed) {
  auto found = workers_.find(object->uid());
  if (found != workers_.end()) {
    if (removed) {
      found->second->vanish();
    } else {
      found->second->update(object);
    }
  } else if (!removed && ours(*object)) {
    add(object);
  }
  if (listener_) listener_();
}

void PodManager::add(const ObjectPointer& object) {
  auto worker = std::make_shared<PodWorker>(parts_, object);
  worker->adopt(found_);
  workers_.emplace(object->uid(), worker);
  tasks_.add(work(worker));
}

Task<> PodManager::work(std::shared_ptr<PodWorker> worker) {
  co_await worker->run();
  workers_.erase(worker->record().object->uid());
  if (listener_) listener_();
  if (onGone_) onGone_();
  co_await worker->whenCleared();
}

void PodManager::resourcesChanged() {
  for (auto& [uid, worker] : workers_) worker->resourcesChanged();
}

std::string PodManager::fullKey(const std::string& pod) {
  return pod.find('/') == pod.npos ? keyOf("default", pod) : pod;
}

std::shared_ptr<PodWorker> PodManager::find(const std::string& pod) const {
  auto key = fullKey(pod);
  if (auto object = pods_.find(key)) {
    auto found = workers_.find(object->uid());
    if (found != workers_.end()) return found->second;
    fail(ErrorCode::NOT_FOUND, "pod " + key + " is not on this node");
  }
  fail(ErrorCode::NOT_FOUND, "no such pod: " + key);
}

Task<> PodManager::findContainers() {
  auto listed = co_await parts_.environment.drivers.runtime.listRequest().send();
  for (auto each : listed.getContainers()) {
    if (!isOurId(view(each.getId()))) continue;
    auto get = parts_.environment.drivers.runtime.getRequest();
    get.setId(each.getId());
    auto got = co_await get.send();
    found_.emplace(text(each.getId()),
                   std::make_pair(capnp::clone(got.getState()), got.getContainer()));
  }
}

bool PodManager::owns(const std::string& containerId) const {
  for (auto& [uid, worker] : workers_) {
    for (auto& each : worker->record().state.containers) {
      if (each.id == containerId) return true;
    }
  }
  return false;
}

Task<> PodManager::removeContainers() {
  for (auto& [id, container] : found_) {
    if (owns(id)) continue;
    parts_.environment.warn("removing container " + id + ", which belongs to no pod");
    co_await container.second.deleteRequest().send();
  }
}

Task<> PodManager::removeSnapshots() {
  auto& storage = parts_.environment.drivers.storage;
  auto listed = co_await storage.snapshotsRequest().send();
  for (auto each : listed.getSnapshots()) {
    auto name = text(each.getName());
    if (!isOurId(name) || owns(name)) continue;
    auto request = storage.removeRequest();
    request.setSnapshot(name.c_str());
    co_await request.send();
  }
}

Task<> PodManager::removeEndpoints() {
  for (auto& driver : parts_.environment.drivers.networkNames) {
    auto network = parts_.environment.drivers.network(driver);
    auto listed = co_await network.endpointsRequest().send();
    for (auto each : listed.getEndpoints()) {
      auto pod = podOfEndpoint(view(each.getEndpoint()));
      if (pod.empty() || workers_.count(std::string(pod)) > 0) continue;
      auto request = network.detachRequest();
      request.setNetwork(each.getNetwork());
      request.setEndpoint(each.getEndpoint());
      co_await request.send();
    }
  }
}

}  // namespace stave::node
