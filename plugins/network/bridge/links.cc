#include "links.h"

#include <fmt/format.h>
#include <stave/error.h>

#include "host_settings.h"

namespace stave::bridge {

using net::EndpointRecord;
using net::Family;
using net::NetworkRecord;

void Links::makeBridge(const NetworkRecord& network) {
  net::LinkOptions options;
  options.name = network.interfaceName;
  options.mac = net::macFor(network.subnets.front().gateway);  // else it changes with every pod
  options.mtu = network.mtu;
  options.up = false;  // some settings only count while it is down
  socket_.commit(net::addBridge(options));
}

void Links::ensureBridge(const NetworkRecord& network) {
  if (!exists(network.interfaceName)) makeBridge(network);
  enableForwarding(network.subnet(Family::ipv6) != nullptr);
  prepareBridge(network.interfaceName);
  auto index = socket_.index(network.interfaceName);
  std::vector<net::NetlinkMessage> messages;
  messages.push_back(net::setLinkMtu(index, network.mtu));
  messages.push_back(net::setLinkUp(index, true));
  for (auto& subnet : network.subnets) {
    messages.push_back(net::addAddress(index, subnet.gateway, subnet.prefix.length()));
  }
  socket_.commit(messages);
}

void Links::removeBridge(const NetworkRecord& network) {
  remove(network.interfaceName);
}

void Links::remove(const std::string& name) {
  auto index = socket_.index(name);
  if (index == 0) return;
  try {
    socket_.commit(net::removeLink(index, name));
  } catch (const kj::Exception&) {
    if (exists(name)) throw;  // else it went by itself meanwhile, with its sandbox
  }
}

namespace {

void addAddresses(const NetworkRecord& network, const EndpointRecord& endpoint, uint32_t index,
                  net::RouteSocket& inside) {
  std::vector<net::NetlinkMessage> messages;
  messages.push_back(net::setLinkUp(index, true));
  for (auto& address : {endpoint.ipv4, endpoint.ipv6}) {
    auto subnet = network.subnet(address.family());
    if (!address || subnet == nullptr) continue;
    messages.push_back(net::addAddress(index, address, subnet->prefix.length()));
    if (endpoint.gateway && !network.internal) {
      messages.push_back(net::addDefaultRoute(index, subnet->gateway));
    }
  }
  inside.commit(messages);
}

}  // namespace

void Links::connect(const NetworkRecord& network, const EndpointRecord& endpoint, int sandbox,
                    net::RouteSocket& inside) {
  net::LinkOptions near, far;
  near.name = endpoint.hostInterface;
  near.mtu = far.mtu = network.mtu;
  near.master = socket_.index(network.interfaceName);
  if (near.master == 0) {
    fail(ErrorCode::NOT_FOUND,
         fmt::format("the bridge {} of network {} is gone; create the network "
                     "again",
                     network.interfaceName, network.name));
  }
  far.name = endpoint.interfaceName;
  far.mac = endpoint.mac;
  far.networkNamespace = sandbox;
  socket_.commit(net::addVeth(near, far));
  try {
    addAddresses(network, endpoint, inside.index(endpoint.interfaceName), inside);
    inside.settle(endpoint.interfaceName);
    socket_.settle(endpoint.hostInterface);
    if (!endpoint.published.empty()) setHairpin(endpoint);
  } catch (...) {
    disconnect(endpoint);
    throw;
  }
}

void Links::setHairpin(const EndpointRecord& endpoint) {
  socket_.commit(
      net::setHairpin(socket_.index(endpoint.hostInterface), !endpoint.published.empty()));
}

void Links::disconnect(const EndpointRecord& endpoint) {
  remove(endpoint.hostInterface);
}

net::LinkCounters Links::counters(const EndpointRecord& endpoint) {
  auto host = net::countersOf(socket_, endpoint.hostInterface);
  return {host.sentBytes,     host.sentPackets,     host.sentErrors,     host.sentDropped,
          host.receivedBytes, host.receivedPackets, host.receivedErrors, host.receivedDropped};
}

}  // namespace stave::bridge
