#include "pod_network.h"

#include <stave/capability.h>
#include <stave/error.h>
#include <stave/os/file.h>

#include "names.h"
#include "text.h"

namespace stave::node {

namespace {

void fillRequest(schema::EndpointRequest::Builder target, const std::string& podUid,
                 const std::string& podName, const PodNetwork::Wish& wish, bool gateway,
                 const std::vector<PodNetwork::Port>& ports) {
  target.setNetwork(wish.network.c_str());
  target.setEndpoint(endpointId(podUid, wish.network).c_str());
  target.setIpv4(wish.ipv4.c_str());
  target.setIpv6(wish.ipv6.c_str());
  target.setMac(wish.mac.c_str());
  target.setPodName(podName.c_str());
  target.setGateway(gateway);
  setTexts(wish.names, [&](auto n) { return target.initNames(n); });
  if (!gateway || ports.empty()) return;
  auto list = target.initPorts(ports.size());
  for (size_t i = 0; i < ports.size(); ++i) {
    list[i].setHostAddress(ports[i].hostAddress.c_str());
    list[i].setHostPort(ports[i].hostPort);
    list[i].setHostPortEnd(ports[i].hostPortEnd);
    list[i].setContainerPort(ports[i].containerPort);
    list[i].setProtocol(ports[i].protocol);
  }
}

}  // namespace

Task<> PodNetwork::build(std::string podUid, std::string podName, std::vector<Wish> wishes,
                         std::vector<Port> ports) {
  kj::Maybe<kj::Exception> failure;
  try {
    auto place = hasSandbox() ? sandbox() : makeSandbox(podUid, wishes.at(0).network);
    kj::Vector<kj::Promise<void>> work;
    if (!hasSandbox()) work.add(takeSandbox(place));
    work.add(attachAll(place, podUid, podName, std::move(wishes), std::move(ports)));
    co_await kj::joinPromises(work.releaseAsArray());
  } catch (const kj::Exception& exception) {
    failure = kj::cp(exception);
  }
  KJ_IF_MAYBE (exception, failure) {
    co_await tearDown();
    kj::throwFatalException(kj::mv(*exception));
  }
}

/// It need not be there before something is attached to it: whoever makes it knows which is meant.
schema::Fd::Client PodNetwork::makeSandbox(const std::string& podUid, const std::string& network) {
  auto request = networks_.driver(network).createSandboxRequest();
  request.setPod(podUid.c_str());
  return request.send().getNamespace();
}

Task<> PodNetwork::takeSandbox(schema::Fd::Client made) {
  auto taken = co_await takeFd(made, "network namespace");
  adoptSandbox(kj::mv(taken));
}

void PodNetwork::adoptSandbox(kj::AutoCloseFd sandbox) {
  sandbox_ = kj::mv(sandbox);
  KJ_IF_MAYBE (waiting, onSandbox_) (*waiting)->fulfill();
}

kj::Promise<void> PodNetwork::whenSandboxed() {
  if (hasSandbox()) return kj::READY_NOW;
  auto pair = kj::newPromiseAndFulfiller<void>();
  onSandbox_ = kj::mv(pair.fulfiller);
  return kj::mv(pair.promise);
}

Task<> PodNetwork::attachAll(schema::Fd::Client sandbox, std::string podUid, std::string podName,
                             std::vector<Wish> wishes, std::vector<Port> ports) {
  for (size_t i = 0; i < wishes.size(); ++i) {
    auto request = networks_.driver(wishes[i].network).attachRequest();
    request.setSandbox(sandbox);
    fillRequest(request.initRequest(), podUid, podName, wishes[i], i == 0, ports);
    auto response = co_await request.send();
    adoptEndpoint(wishes[i].network, endpointId(podUid, wishes[i].network), response.getStatus());
  }
}

void PodNetwork::adoptEndpoint(std::string network, std::string id,
                               schema::EndpointStatus::Reader status) {
  endpoints_.push_back({std::move(network), std::move(id), capnp::clone(status)});
}

Task<> PodNetwork::tearDown() {
  auto endpoints = std::move(endpoints_);
  endpoints_.clear();
  sandbox_ = nullptr;
  while (!endpoints.empty()) {
    auto network = endpoints.back().network;
    auto id = endpoints.back().id;
    endpoints.pop_back();
    co_await detach(network, id);
  }
}

Task<> PodNetwork::detach(std::string network, std::string id) {
  std::string failure;
  try {
    auto request = networks_.driver(network).detachRequest();
    request.setNetwork(network.c_str());
    request.setEndpoint(id.c_str());
    co_await request.send();
  } catch (const kj::Exception& exception) {
    failure = textOf(exception);
  }
  if (!failure.empty()) environment_.warn("detaching " + id + " from " + network + ": " + failure);
}

schema::Fd::Client PodNetwork::sandbox() const {
  return makeFd(os::duplicate(sandbox_.get()));
}

std::vector<schema::EndpointStatus::Reader> PodNetwork::statuses() const {
  std::vector<schema::EndpointStatus::Reader> result;
  for (auto& each : endpoints_) result.push_back(*each.status);
  return result;
}

}  // namespace stave::node
