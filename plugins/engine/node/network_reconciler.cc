#include "network_reconciler.h"

#include <capnp/message.h>
#include <stave/error.h>
#include <stave/schema/objects/network.capnp.h>

#include "text.h"

namespace stave::node {

namespace {

bool needsNoChoices(const std::string& driver) {
  return driver == "host" || driver == "none";
}

}  // namespace

NetworkReconciler::NetworkReconciler(Environment& environment, Mirror& networks,
                                     ObjectWriter& writer)
    : environment_(environment),
      networks_(networks),
      writer_(writer),
      work_(environment, "network", [this](const std::string& name) { return reconcile(name); }) {
  networks_.onChange([this](const ObjectPointer& object, bool) { work_.poke(object->key()); });
}

std::string NetworkReconciler::defaultNetwork() const {
  if (!environment_.defaultNetwork.empty()) return environment_.defaultNetwork;
  auto& names = environment_.drivers.networkNames;
  return names.empty() ? std::string("none") : names.front();
}

Task<> NetworkReconciler::ensureDefaults() {
  auto& names = environment_.drivers.networkNames;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0 && !needsNoChoices(names[i])) continue;
    if (networks_.find(names[i]) != nullptr) continue;
    capnp::MallocMessageBuilder message;
    auto spec = message.initRoot<schema::NetworkSpec>();
    spec.setDriver(names[i].c_str());
    co_await writer_.create<schema::NetworkSpec>("Network", names[i], spec.asReader(),
                                                 "every stack has this network");
  }
}

std::string NetworkReconciler::driverName(const ObjectCopy& object) const {
  return text(object.spec<schema::NetworkSpec>().getDriver());
}

schema::Network::Client NetworkReconciler::driver(const std::string& name) const {
  auto object = networks_.find(name);
  if (object == nullptr) fail(ErrorCode::NOT_FOUND, "no such network: " + name);
  return environment_.drivers.network(driverName(*object));
}

Task<> NetworkReconciler::reconcile(std::string name) {
  auto object = networks_.find(name);
  if (object == nullptr) {
    made_.erase(name);
    co_return;
  }
  if (object->deleted()) {
    if (object->hasFinalizer(finalizerName)) co_await remove(object);
    co_return;
  }
  auto made = made_.find(name);
  if (made != made_.end() && made->second == object->generation()) co_return;
  co_await make(object);
}

Task<> NetworkReconciler::make(ObjectPointer object) {
  co_await writer_.addFinalizer(*object);
  auto request = environment_.drivers.network(driverName(*object)).createNetworkRequest();
  request.setName(object->name().c_str());
  request.setSpec(object->spec<schema::NetworkSpec>());
  capnp::MallocMessageBuilder message;
  std::string failure;
  bool again = false;
  try {
    auto response = co_await request.send();
    message.setRoot(response.getStatus());
  } catch (const kj::Exception& exception) {
    failure = textOf(exception);
    again = codeOf(exception) == ErrorCode::UNAVAILABLE;
  }
  using Phase = schema::NetworkStatus::Phase;
  auto status = message.getRoot<schema::NetworkStatus>();
  status.setPhase(failure.empty() ? Phase::READY : Phase::FAILED);
  if (!failure.empty()) status.setMessage(failure.c_str());
  status.setObservedGeneration(object->generation());
  if (failure.empty()) {
    auto driver = driverName(*object);
    auto& names = environment_.drivers.networkNames;
    status.setDriver((driver.empty() && !names.empty() ? names.front() : driver).c_str());
    made_[object->name()] = object->generation();
    if (onReady_) onReady_();
  }
  std::string reason = failure.empty() ? "network is there" : failure;
  co_await writer_.status<schema::NetworkStatus>(*object, status.asReader(), reason);
  if (again) fail(ErrorCode::UNAVAILABLE, failure);
}

Task<> NetworkReconciler::remove(ObjectPointer object) {
  std::string failure;
  try {
    auto request = environment_.drivers.network(driverName(*object)).removeNetworkRequest();
    request.setName(object->name().c_str());
    co_await request.send();
  } catch (const kj::Exception& exception) {
    failure = textOf(exception);
  }
  if (!failure.empty()) {
    co_await writer_.removalFailure<schema::NetworkStatus>(*object, failure);
    fail(ErrorCode::UNAVAILABLE, failure);
  }
  made_.erase(object->name());
  co_await writer_.removeFinalizer(*object);
}

}  // namespace stave::node
