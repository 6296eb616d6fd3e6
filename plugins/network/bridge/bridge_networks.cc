#include "bridge_networks.h"

#include <fmt/format.h>
#include <stave/error.h>

#include <algorithm>

namespace stave::bridge {

using net::EndpointKey;
using net::EndpointRecord;
using net::NetworkRecord;

BridgeNetworks::BridgeNetworks(Options options, net::DnsDirectory& directory)
    : options_(std::move(options)),
      store_(options_.stateDirectory),
      pool_(options_.pools),
      directory_(directory) {}

const NetworkRecord& BridgeNetworks::networkOf(const std::string& name) const {
  auto found = networks_.find(name);
  if (found != networks_.end()) return found->second;
  fail(ErrorCode::NOT_FOUND, fmt::format("there is no bridge network {}; create it first", name));
}

std::vector<net::Occupied> BridgeNetworks::occupied(const std::string& except) {
  std::vector<net::Occupied> result;
  std::map<uint32_t, std::string> names;
  for (auto& link : links_.list()) names[link.index] = link.name;
  auto own = networks_.find(except);
  auto ours = own == networks_.end() ? std::string() : own->second.interfaceName;
  for (auto& [name, network] : networks_) {
    if (name == except) continue;
    for (auto& subnet : network.subnets) result.push_back({subnet.prefix, "network " + name});
  }
  for (auto& route : links_.routes()) {
    auto& link = names[route.index];
    bool linkLocal = route.destination.length() == 64 &&
                     (route.destination.address().number() >> 118) == 0x3fa;  // fe80::/10
    bool multicast = route.destination.address().isIpv6() &&
                     (route.destination.address().number() >> 120) == 0xff;
    if (linkLocal || multicast || link == ours) continue;
    result.push_back({route.destination, "a route of the host's interface " + link});
  }
  return result;
}

NetworkRecord BridgeNetworks::plan(const net::NetworkWish& wish) {
  wish.checkOptions({"mtu", "bridge", "isolation"});
  wish.flag("isolation", true);
  NetworkRecord network;
  network.name = wish.name;
  network.internal = wish.internal;
  network.mtu = wish.mtu(options_.mtu);
  network.options = wish.options;
  network.interfaceName = wish.option("bridge");
  if (network.interfaceName.empty()) network.interfaceName = net::hashedName("sv-", wish.name, 12);
  if (network.interfaceName.size() > 15 ||
      network.interfaceName.find_first_of("/\" \\") != std::string::npos) {
    fail(ErrorCode::INVALID,
         fmt::format("network {}: option bridge: '{}' is no name of an interface", wish.name,
                     network.interfaceName));
  }
  auto existing = networks_.find(wish.name);
  auto wanted = wish;
  if (existing != networks_.end() && wish.subnets.empty()) {
    wanted.subnets = existing->second.subnets;  // chosen once, kept
  }
  network.subnets = net::planSubnets(wanted, pool_, occupied(wish.name));
  return network;
}

NetworkRecord BridgeNetworks::create(const net::NetworkWish& wish) {
  auto network = plan(wish);
  auto existing = networks_.find(wish.name);
  bool known = existing != networks_.end();
  if (known && (existing->second.subnets != network.subnets ||
                existing->second.interfaceName != network.interfaceName)) {
    fail(ErrorCode::CONFLICT, fmt::format("network {} exists with subnet {} on {}; remove it first",
                                          wish.name, existing->second.subnets.front().prefix.text(),
                                          existing->second.interfaceName));
  }
  if (!known && links_.exists(network.interfaceName)) {
    fail(ErrorCode::CONFLICT, fmt::format("network {}: the host has an interface {} already",
                                          wish.name, network.interfaceName));
  }
  bool changed = !known || existing->second != network;
  if (changed) store_.save(network);
  if (!known) ipam_.add(network);
  networks_[wish.name] = network;
  try {
    links_.ensureBridge(network);
    if (changed) rebuildFirewall();
  } catch (...) {
    if (!known) remove(wish.name);
    throw;
  }
  directory_.setNetwork(network);
  return network;
}

void BridgeNetworks::remove(const std::string& name) {
  auto found = networks_.find(name);
  if (found == networks_.end()) return;
  auto first = endpoints_.lower_bound({name, ""});
  if (first != endpoints_.end() && first->first.first == name) {
    fail(ErrorCode::CONFLICT, fmt::format("network {} is in use by pod {}; detach it first", name,
                                          first->second.podName));
  }
  auto network = found->second;
  links_.removeBridge(network);
  networks_.erase(found);
  ipam_.remove(name);
  directory_.removeNetwork(name);
  rebuildFirewall();
  store_.removeNetwork(name);
}

namespace {

/// The wanted name, or the first free "ethN" of the sandbox.
std::string chooseInterface(const std::string& wanted, net::RouteSocket& inside) {
  if (!wanted.empty()) {
    if (inside.index(wanted) == 0) return wanted;
    fail(ErrorCode::CONFLICT, fmt::format("the sandbox has an interface {} already", wanted));
  }
  for (int i = 0;; ++i) {
    auto name = fmt::format("eth{}", i);
    if (inside.index(name) == 0) return name;
  }
}

void checkPorts(const net::EndpointRequest& request, const NetworkRecord& network) {
  if (request.ports.empty()) return;
  if (network.internal) {
    fail(ErrorCode::INVALID, fmt::format("pod {}: network {} is internal and cannot publish ports",
                                         request.podName, network.name));
  }
  if (!request.gateway) {
    fail(ErrorCode::INVALID, fmt::format("pod {}: ports are published with the network that is the "
                                         "pod's gateway, and {} is not",
                                         request.podName, network.name));
  }
}

}  // namespace

bool BridgeNetworks::isConnected(const EndpointRecord& endpoint, net::RouteSocket& inside) const {
  return endpoint.sandbox == inside.namespaceCookie() && inside.index(endpoint.interfaceName) != 0;
}

net::EndpointView BridgeNetworks::attach(int sandbox, net::EndpointRequest request) {
  auto& network = networkOf(request.network);
  checkPorts(request, network);
  auto inside = net::RouteSocket::in(sandbox);
  auto existing = endpoints_.find(keyOf(request));
  if (existing != endpoints_.end()) {
    auto current = existing->second;
    if (isConnected(current, inside)) return {update(current, request), network, {}};
    if (!request.ipv4) request.ipv4 = current.ipv4;  // the pod keeps its addresses in a new sandbox
    if (!request.ipv6) request.ipv6 = current.ipv6;
    detach(keyOf(request));
  }
  EndpointRecord endpoint;
  static_cast<net::EndpointRequest&>(endpoint) = request;
  endpoint.interfaceName = chooseInterface(request.interfaceName, inside);
  endpoint.hostInterface = net::hashedName("svb", request.network + '\0' + request.endpoint, 12);
  endpoint.sandbox = inside.namespaceCookie();
  return {connect(std::move(endpoint), sandbox, inside), network, {}};
}

EndpointRecord BridgeNetworks::connect(EndpointRecord endpoint, int sandbox,
                                       net::RouteSocket& inside) {
  auto key = keyOf(endpoint);
  ipam_.assign(endpoint);
  try {
    ports_.assign(endpoint);
    store_.save(endpoint);
    links_.remove(endpoint.hostInterface);  // nobody's: a stray of the same name
    links_.connect(networkOf(endpoint.network), endpoint, sandbox, inside);
    endpoints_[key] = endpoint;
    changeFirewall([&] { firewall_.publish(endpoint); });
    endpoint.ready = true;
    store_.save(endpoint);
  } catch (...) {
    discard(endpoint);
    throw;
  }
  endpoints_[key] = endpoint;
  directory_.setEndpoint(endpoint);
  return endpoint;
}

EndpointRecord BridgeNetworks::update(const EndpointRecord& current,
                                      const net::EndpointRequest& request) {
  auto changed = current;
  changed.names = request.names;
  changed.podName = request.podName;
  changed.ports = request.ports;
  ports_.assign(changed);
  endpoints_[keyOf(changed)] = changed;
  if (changed.published != current.published) {
    links_.setHairpin(changed);
    changeFirewall([&] { firewall_.replacePorts(current, changed); });
  }
  store_.save(changed);
  directory_.setEndpoint(changed);
  return changed;
}

/// Elements are not as they were left when somebody flushed the rules, or when a failed attach
/// comes to remove what it had not added. Then the table is written anew from the records.
template <typename Change>
void BridgeNetworks::changeFirewall(Change change) {
  try {
    change();
  } catch (const kj::Exception&) {
    rebuildFirewall();
  }
}

void BridgeNetworks::discard(const EndpointRecord& endpoint) {
  auto key = keyOf(endpoint);
  endpoints_.erase(key);
  directory_.removeEndpoint(key);
  changeFirewall([&] { firewall_.withdraw(endpoint); });
  links_.disconnect(endpoint);
  ports_.release(key);
  ipam_.release(endpoint);
  store_.removeEndpoint(key);
}

void BridgeNetworks::detach(const EndpointKey& key) {
  auto found = endpoints_.find(key);
  if (found == endpoints_.end()) return;
  auto endpoint = found->second;
  discard(endpoint);
}

std::vector<net::EndpointView> BridgeNetworks::endpoints() const {
  std::vector<net::EndpointView> views;
  for (auto& [key, endpoint] : endpoints_) views.push_back({endpoint, networkOf(key.first), {}});
  return views;
}

net::LinkCounters BridgeNetworks::statistics(const EndpointKey& key) {
  auto found = endpoints_.find(key);
  if (found != endpoints_.end()) return links_.counters(found->second);
  fail(ErrorCode::NOT_FOUND, fmt::format("network {} has no endpoint {}", key.first, key.second));
}

std::vector<net::Address> BridgeNetworks::gateways() const {
  std::vector<net::Address> result;
  for (auto& [name, network] : networks_) {
    for (auto& subnet : network.subnets) result.push_back(subnet.gateway);
  }
  return result;
}

}  // namespace stave::bridge
