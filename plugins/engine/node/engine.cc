#include "engine.h"

#include <capnp/message.h>
#include <stave/error.h>

#include "dead_pods.h"
#include "text.h"

namespace stave::node {

using UseMap = std::map<std::string, std::vector<std::string>>;

namespace {

/// Whether what the image is to be is unpacked. Fails as that failed.
bool isAnswered(const ObjectCopy& image) {
  auto status = image.status<schema::ImageStatus>();
  if (status.getObservedGeneration() != image.generation()) return false;
  if (status.getPhase() == schema::ImageStatus::Phase::FAILED) {
    fail(status.getCode(), text(status.getMessage()));
  }
  return status.getPhase() == schema::ImageStatus::Phase::READY;
}

}  // namespace

Engine::Engine(kj::Own<Environment> environment)
    : environment_(kj::mv(environment)),
      imageObjects_(*environment_, "Image"),
      networkObjects_(*environment_, "Network"),
      volumeObjects_(*environment_, "Volume"),
      podObjects_(*environment_, "Pod"),
      writer_(*environment_),
      index_(imageObjects_),
      imageReconciler_(*environment_, imageObjects_, index_.failures(), writer_),
      networks_(*environment_, networkObjects_, writer_),
      volumes_(*environment_, volumeObjects_, writer_),
      pods_({.environment = *environment_,
             .writer = writer_,
             .images = index_,
             .networks = networks_,
             .volumes = volumes_,
             .findPod =
                 [this](const std::string& pod) {
                   return podObjects_.find(PodManager::fullKey(pod));
                 }},
            podObjects_),
      reporter_(*environment_, writer_, [this]() { return pods_.all().size(); }),
      tasks_(*environment_, "engine") {
  for (auto mirror : {&imageObjects_, &networkObjects_, &volumeObjects_}) {
    mirror->onChange([this](const ObjectPointer&, bool) { pods_.resourcesChanged(); });
  }
  index_.failures().onNote([this]() { pods_.resourcesChanged(); });
  networks_.onReady([this]() { pods_.resourcesChanged(); });
  volumes_.onReady([this]() { pods_.resourcesChanged(); });
  pods_.onChange([this]() { volumes_.noteUse(podsByVolume()); });
  pods_.onGone([this]() { imageReconciler_.collectLayers(); });
}

Task<> Engine::start() {
  for (auto mirror : {&imageObjects_, &networkObjects_, &volumeObjects_, &podObjects_}) {
    tasks_.add(mirror->run());
  }
  for (auto mirror : {&imageObjects_, &networkObjects_, &volumeObjects_, &podObjects_}) {
    co_await mirror->ready();
  }
  co_await networks_.ensureDefaults();
  co_await pods_.start();
  tasks_.add(reporter_.run());
  tasks_.add(collectDeadPods());
}

/// Keeps a bounded number of stopped pods that nobody would miss; those of people stay for ever.
Task<> Engine::collectDeadPods() {
  constexpr auto pause = 30 * kj::SECONDS;
  for (;;) {
    std::vector<DeadPod> dead;
    for (auto& [uid, worker] : pods_.all()) {
      auto& object = *worker->record().object;
      bool missed = object.metadata().getOwners().size() == 0 &&
                    !object.spec<schema::PodSpec>().getRemoveWhenDone();
      auto status = object.status<schema::PodStatus>();
      bool over = status.getPhase() == schema::PodStatus::Phase::STOPPED ||
                  status.getPhase() == schema::PodStatus::Phase::FAILED;
      if (missed || !over || object.deleted()) continue;
      auto containers = status.getContainers();
      auto finished = containers.size() > 0 ? containers[0].getFinishedAt() : 0;
      dead.push_back({object.key(), finished});
    }
    std::string reason = "the oldest of many stopped pods";
    for (auto& key : choosePods(std::move(dead), environment_->stoppedPods)) {
      if (auto object = podObjects_.find(key)) co_await writer_.remove(*object, reason);
    }
    co_await environment_->timer.afterDelay(pause);
  }
}

Task<> Engine::makeImage(std::string name, std::string manifestDigest, std::string reason) {
  constexpr auto pause = 5 * kj::MILLISECONDS;
  auto before = index_.failures().count();
  capnp::MallocMessageBuilder message;
  auto spec = message.initRoot<schema::ImageSpec>();
  spec.setDigest(manifestDigest.c_str());
  spec.setRemoveIfFailed(true);
  co_await writer_.apply<schema::ImageSpec>("Image", name, spec.asReader(), reason);
  for (;;) {
    auto object = imageObjects_.find(name);
    auto failure =
        object == nullptr ? index_.failures().after(before, name) : index_.failures().of(*object);
    bool ours =
        object == nullptr || view(object->spec<schema::ImageSpec>().getDigest()) == manifestDigest;
    if (ours && failure != nullptr) fail(failure->code, failure->message);
    if (ours && object != nullptr && isAnswered(*object)) co_return;
    co_await environment_->timer.afterDelay(pause);
  }
}

UseMap Engine::podsByVolume() const {
  UseMap use;
  for (auto& [uid, worker] : pods_.all()) {
    auto& pod = worker->record();
    for (auto& record : pod.containers) {
      for (auto& volume : record.volumes) use[volume.name].push_back(pod.object->key());
    }
  }
  return use;
}

UseMap Engine::podsByNetwork() const {
  UseMap use;
  for (auto& [uid, worker] : pods_.all()) {
    auto& pod = worker->record();
    for (auto each : pod.spec().getNetworks())
      use[text(each.getNetwork())].push_back(pod.object->key());
    for (auto& each : pod.network.endpoints()) use[each.network].push_back(pod.object->key());
  }
  return use;
}

UseMap Engine::podsByImage() const {
  UseMap use;
  for (auto& [uid, worker] : pods_.all()) {
    auto& pod = worker->record();
    for (auto& record : pod.containers) use[record.imageId].push_back(pod.object->key());
  }
  return use;
}

}  // namespace stave::node
