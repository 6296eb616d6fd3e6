#include "volume_reconciler.h"

#include <capnp/message.h>
#include <stave/error.h>
#include <stave/schema/objects/volume.capnp.h>

#include "text.h"

namespace stave::node {

VolumeReconciler::VolumeReconciler(Environment& environment, Mirror& volumes, ObjectWriter& writer)
    : environment_(environment),
      volumes_(volumes),
      writer_(writer),
      work_(environment, "volume", [this](const std::string& name) { return reconcile(name); }) {
  volumes_.onChange([this](const ObjectPointer& object, bool) { work_.poke(object->key()); });
}

kj::Promise<void> VolumeReconciler::ensure(const std::string& name, bool anonymous,
                                           const ObjectPointer& pod) {
  if (volumes_.find(name) != nullptr) return kj::READY_NOW;
  capnp::MallocMessageBuilder message;
  auto spec = message.initRoot<schema::VolumeSpec>();
  spec.setAnonymous(anonymous);
  return writer_.create<schema::VolumeSpec>("Volume", name, spec.asReader(),
                                            "pod " + pod->key() + " mounts it", pod);
}

schema::VolumeDriver::Client VolumeReconciler::driver(const std::string& name) const {
  auto object = volumes_.find(name);
  if (object == nullptr) fail(ErrorCode::NOT_FOUND, "no such volume: " + name);
  return environment_.drivers.volume(text(object->spec<schema::VolumeSpec>().getDriver()));
}

kj::Promise<void> VolumeReconciler::remove(const std::string& name, const std::string& reason) {
  auto object = volumes_.find(name);
  if (object == nullptr) return kj::READY_NOW;
  return writer_.remove(*object, reason);
}

void VolumeReconciler::noteUse(std::map<std::string, std::vector<std::string>> podsByVolume) {
  auto before = std::move(use_);
  use_ = std::move(podsByVolume);
  for (auto& [name, object] : volumes_.all()) {
    if (before[name] != use_[name]) work_.poke(name);
  }
}

Task<> VolumeReconciler::reconcile(std::string name) {
  auto object = volumes_.find(name);
  if (object == nullptr) {
    made_.erase(name);
    co_return;
  }
  if (object->deleted()) {
    if (object->hasFinalizer(finalizerName)) co_await destroy(object);
    co_return;
  }
  auto made = made_.find(name);
  if (made == made_.end() || made->second.generation != object->generation()) {
    co_await make(object);
  } else if (made->second.usedBy != use_[name]) {
    std::string noFailure;
    co_await writeStatus(object, noFailure);
  }
}

Task<> VolumeReconciler::make(ObjectPointer object) {
  co_await writer_.addFinalizer(*object);
  auto spec = object->spec<schema::VolumeSpec>();
  auto driver = environment_.drivers.volume(text(spec.getDriver()));
  auto request = driver.createRequest();
  request.setName(object->name().c_str());
  request.setOptions(spec.getOptions());
  std::string failure, path;
  bool again = false;
  try {
    co_await request.send();
    auto where = driver.pathRequest();
    where.setName(object->name().c_str());
    auto response = co_await where.send();
    path = text(response.getPath());
  } catch (const kj::Exception& exception) {
    failure = textOf(exception);
    again = codeOf(exception) == ErrorCode::UNAVAILABLE;
  }
  if (failure.empty()) {
    made_[object->name()] = {.path = path, .generation = object->generation()};
    if (onReady_) onReady_();
  }
  co_await writeStatus(object, failure);
  if (again) fail(ErrorCode::UNAVAILABLE, failure);
}

Task<> VolumeReconciler::writeStatus(ObjectPointer object, std::string failure) {
  using Phase = schema::VolumeStatus::Phase;
  capnp::MallocMessageBuilder message;
  auto status = message.initRoot<schema::VolumeStatus>();
  status.setPhase(failure.empty() ? Phase::READY : Phase::FAILED);
  status.setMessage(failure.c_str());
  status.setObservedGeneration(object->generation());
  auto made = made_.find(object->name());
  if (made != made_.end()) {
    made->second.usedBy = use_[object->name()];
    status.setPath(made->second.path.c_str());
    setTexts(made->second.usedBy, [&](auto n) { return status.initUsedBy(n); });
  }
  std::string reason = failure.empty() ? "volume is there" : failure;
  co_await writer_.status<schema::VolumeStatus>(*object, status.asReader(), reason);
}

Task<> VolumeReconciler::destroy(ObjectPointer object) {
  std::string failure;
  try {
    auto driver = environment_.drivers.volume(text(object->spec<schema::VolumeSpec>().getDriver()));
    auto request = driver.removeRequest();
    request.setName(object->name().c_str());
    co_await request.send();
  } catch (const kj::Exception& exception) {
    failure = textOf(exception);
  }
  if (!failure.empty()) {
    co_await writer_.removalFailure<schema::VolumeStatus>(*object, failure);
    fail(ErrorCode::UNAVAILABLE, failure);
  }
  made_.erase(object->name());
  co_await writer_.removeFinalizer(*object);
}

}  // namespace stave::node
