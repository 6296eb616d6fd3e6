#include "network_fixture.h"

#include <stave/net/links.h>
#include <stave/net/sandbox.h>
#include <stave/os/netns.h>

namespace stave::conformance {

void addOption(schema::NetworkSpec::Builder spec, kj::StringPtr key, kj::StringPtr value) {
  auto before = spec.disownOptions();
  auto old = before.getReader();
  auto options = spec.initOptions(old.size() + 1);
  for (auto i : kj::indices(old)) options.setWithCaveats(i, old[i]);
  options[old.size()].setKey(key);
  options[old.size()].setValue(value);
}

void NetworkConformance::SetUp() {
  before_ = os::currentNetworkNamespace();
  host_ = net::makeSandbox();
  outside_ = net::makeSandbox();
  os::enterNetworkNamespace(host_.get());
  connectOutside();
}

void NetworkConformance::TearDown() {
  os::enterNetworkNamespace(before_.get());
}

void NetworkConformance::connectOutside() {
  net::RouteSocket here, there = net::RouteSocket::in(outside_.get());
  net::LinkOptions near, far;
  near.name = "uplink0";
  far.name = "eth0";
  far.networkNamespace = outside_.get();
  here.commit(net::addVeth(near, far));
  auto give = [](net::RouteSocket& socket, const std::string& name, std::string_view last) {
    auto index = socket.index(name);
    auto text = std::string(last);
    socket.commit(net::setLinkUp(index, true));
    socket.commit(net::addAddress(index, net::Address::parse("192.0.2." + text, "test"), 24));
    socket.commit(net::addAddress(index, net::Address::parse("2001:db8::" + text, "test"), 64));
  };
  give(here, "uplink0", "1");
  give(there, "eth0", "2");
}

capnp::Request<schema::Network::CreateNetworkParams, schema::Network::CreateNetworkResults>
NetworkConformance::createRequest(const std::string& name, Configure& configure) {
  auto request = network().createNetworkRequest();
  request.setName(name);
  configure(request.getSpec());
  if (needsParent_) addOption(request.getSpec(), "parent", "uplink0");
  return request;
}

NetworkStatus NetworkConformance::make(std::string name, Configure configure) {
  try {
    return wait(createRequest(name, configure).send());
  } catch (const kj::Exception& exception) {
    bool parentMissing = codeOf(exception) == ErrorCode::INVALID &&
                         textOf(exception).find("parent") != std::string::npos;
    if (needsParent_ || !parentMissing) throw;
  }
  needsParent_ = true;
  return wait(createRequest(name, configure).send());
}

bool NetworkConformance::hasSubnets() {
  try {
    make("probe", [](auto spec) { setSubnet(spec, "10.99.0.0/24"); });
  } catch (const kj::Exception& exception) {
    if (codeOf(exception) != ErrorCode::UNSUPPORTED) throw;
    return false;
  }
  remove("probe");
  return true;
}

ErrorCode NetworkConformance::failureOfMaking(std::string name, Configure configure) {
  return failureOf(createRequest(name, configure).send());
}

void NetworkConformance::remove(std::string name) {
  auto request = network().removeNetworkRequest();
  request.setName(name);
  wait(request.send());
}

Sandbox NetworkConformance::makeSandbox(std::string pod) {
  auto request = network().createSandboxRequest();
  request.setPod(pod);
  auto capability = wait(request.send()).getNamespace();
  auto descriptor = wait(takeFd(capability, "the sandbox").promise());
  return {capability, kj::mv(descriptor)};
}

capnp::Request<schema::Network::AttachParams, schema::Network::AttachResults>
NetworkConformance::attachRequest(Sandbox& sandbox, const std::string& name, const std::string& pod,
                                  Request& change) {
  auto request = network().attachRequest();
  request.setSandbox(sandbox.capability);
  auto endpoint = request.initRequest();
  endpoint.setNetwork(name);
  endpoint.setEndpoint(pod + "/" + name);
  endpoint.setPodName(pod);
  endpoint.setGateway(true);
  endpoint.initNames(1).set(0, pod);
  change(endpoint);
  return request;
}

Attached NetworkConformance::attach(Sandbox& sandbox, std::string name, std::string pod,
                                    Request request) {
  return wait(attachRequest(sandbox, name, pod, request).send());
}

ErrorCode NetworkConformance::failureOfAttaching(Sandbox& sandbox, std::string name,
                                                 std::string pod, Request request) {
  return failureOf(attachRequest(sandbox, name, pod, request).send());
}

void NetworkConformance::detach(std::string name, std::string pod) {
  auto request = network().detachRequest();
  request.setNetwork(name);
  request.setEndpoint(pod + "/" + name);
  wait(request.send());
}

size_t NetworkConformance::endpointCount() {
  return wait(network().endpointsRequest().send()).getEndpoints().size();
}

}  // namespace stave::conformance
