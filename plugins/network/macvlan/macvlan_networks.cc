#include "macvlan_networks.h"

#include <fmt/format.h>
#include <linux/if_link.h>
#include <stave/error.h>

namespace stave::macvlan {

using net::EndpointKey;
using net::EndpointRecord;
using net::NetworkRecord;

namespace {

uint32_t modeOf(const net::NetworkWish& wish) {
  static const std::map<std::string, uint32_t> modes{{"", MACVLAN_MODE_BRIDGE},
                                                     {"bridge", MACVLAN_MODE_BRIDGE},
                                                     {"private", MACVLAN_MODE_PRIVATE},
                                                     {"vepa", MACVLAN_MODE_VEPA},
                                                     {"passthru", MACVLAN_MODE_PASSTHRU}};
  auto found = modes.find(wish.option("mode"));
  if (found != modes.end()) return found->second;
  fail(ErrorCode::INVALID,
       fmt::format("network {}: option mode: '{}' is none of bridge, private, vepa, passthru",
                   wish.name, wish.option("mode")));
}

uint32_t modeOf(const NetworkRecord& network) {
  net::NetworkWish wish;
  wish.options = network.options;
  return modeOf(wish);
}

}  // namespace

MacvlanNetworks::MacvlanNetworks(const std::string& stateDirectory,
                                 std::vector<net::SubnetPool::Block> pools)
    : store_(stateDirectory), pool_(std::move(pools)) {}

/// What is half made has no interface that could be found: it goes with its sandbox, or when the
/// engine attaches the endpoint again.
void MacvlanNetworks::recover() {
  networks_ = store_.loadNetworks();
  for (auto& [name, network] : networks_) ipam_.add(network);
  for (auto& [key, endpoint] : store_.loadEndpoints()) {
    if (!endpoint.ready || !networks_.contains(key.first)) {
      store_.removeEndpoint(key);
      continue;
    }
    ipam_.restore(endpoint);
    endpoints_[key] = endpoint;
  }
}

const NetworkRecord& MacvlanNetworks::networkOf(const std::string& name) const {
  auto found = networks_.find(name);
  if (found != networks_.end()) return found->second;
  fail(ErrorCode::NOT_FOUND, fmt::format("there is no macvlan network {}; create it first", name));
}

/// A network of this driver is mostly the very subnet of its parent, so the parent's routes are no
/// conflict.
std::vector<net::Occupied> MacvlanNetworks::occupied(const std::string& except, uint32_t parent) {
  std::vector<net::Occupied> result;
  for (auto& [name, network] : networks_) {
    if (name == except) continue;
    for (auto& subnet : network.subnets) result.push_back({subnet.prefix, "network " + name});
  }
  for (auto& route : net::listRoutes(socket_)) {
    bool local = route.destination.address().isIpv6() &&
                 (route.destination.address().number() >> 121) == 0x7f;  // fe00::/7: of each link
    if (route.index == parent || local) continue;
    result.push_back({route.destination, "a route of the host"});
  }
  return result;
}

NetworkRecord MacvlanNetworks::plan(const net::NetworkWish& wish) {
  wish.checkOptions({"parent", "mode", "mtu"});
  modeOf(wish);
  auto parentName = wish.option("parent");
  if (parentName.empty()) {
    fail(ErrorCode::INVALID,
         fmt::format("network {}: option parent is missing: the host's interface to share",
                     wish.name));
  }
  auto parent = socket_.index(parentName);
  if (parent == 0) {
    fail(ErrorCode::INVALID, fmt::format("network {}: option parent: the host has no interface {}",
                                         wish.name, parentName));
  }
  NetworkRecord network;
  network.name = wish.name;
  network.internal = wish.internal;
  network.options = wish.options;
  network.interfaceName = parentName;
  network.mtu = wish.mtu(0);
  for (auto& link : net::listLinks(socket_)) {
    if (link.index == parent && network.mtu == 0) network.mtu = link.mtu;
  }
  auto wanted = wish;
  auto existing = networks_.find(wish.name);
  if (existing != networks_.end() && wish.subnets.empty())
    wanted.subnets = existing->second.subnets;
  network.subnets = net::planSubnets(wanted, pool_, occupied(wish.name, parent));
  return network;
}

NetworkRecord MacvlanNetworks::create(const net::NetworkWish& wish) {
  auto network = plan(wish);
  auto existing = networks_.find(wish.name);
  bool known = existing != networks_.end();
  if (known && (existing->second.subnets != network.subnets ||
                existing->second.interfaceName != network.interfaceName)) {
    fail(ErrorCode::CONFLICT, fmt::format("network {} exists on {} with another subnet or parent; "
                                          "remove it first",
                                          wish.name, existing->second.interfaceName));
  }
  if (!known || existing->second != network) store_.save(network);
  if (!known) ipam_.add(network);
  networks_[wish.name] = network;
  return network;
}

void MacvlanNetworks::remove(const std::string& name) {
  auto first = endpoints_.lower_bound({name, ""});
  if (first != endpoints_.end() && first->first.first == name) {
    fail(ErrorCode::CONFLICT, fmt::format("network {} is in use by pod {}; detach it first", name,
                                          first->second.podName));
  }
  networks_.erase(name);
  ipam_.remove(name);
  store_.removeNetwork(name);
}

namespace {

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

}  // namespace

net::EndpointView MacvlanNetworks::attach(kj::AutoCloseFd sandbox, net::EndpointRequest request) {
  auto& network = networkOf(request.network);
  auto key = keyOf(request);
  auto inside = net::RouteSocket::in(sandbox.get());
  auto existing = endpoints_.find(key);
  if (existing != endpoints_.end()) {
    auto current = existing->second;
    bool connected =
        current.sandbox == inside.namespaceCookie() && inside.index(current.interfaceName) != 0;
    if (connected) {
      sandboxes_[key] = kj::mv(sandbox);
      return {current, network, {}};
    }
    if (!request.ipv4) request.ipv4 = current.ipv4;
    if (!request.ipv6) request.ipv6 = current.ipv6;
    detach(key);
  }
  EndpointRecord endpoint;
  static_cast<net::EndpointRequest&>(endpoint) = request;
  endpoint.interfaceName = chooseInterface(request.interfaceName, inside);
  endpoint.sandbox = inside.namespaceCookie();
  auto connected = connect(std::move(endpoint), sandbox.get(), inside);
  sandboxes_[key] = kj::mv(sandbox);
  return {connected, network, {}};
}

EndpointRecord MacvlanNetworks::connect(EndpointRecord endpoint, int sandbox,
                                        net::RouteSocket& inside) {
  ipam_.assign(endpoint);
  try {
    store_.save(endpoint);
    makeLink(networkOf(endpoint.network), endpoint, sandbox, inside);
    endpoint.ready = true;
    store_.save(endpoint);
  } catch (...) {
    discard(endpoint, &inside);
    throw;
  }
  endpoints_[keyOf(endpoint)] = endpoint;
  return endpoint;
}

void MacvlanNetworks::makeLink(const NetworkRecord& network, const EndpointRecord& endpoint,
                               int sandbox, net::RouteSocket& inside) {
  net::LinkOptions options;
  options.name = endpoint.interfaceName;
  options.mac = endpoint.mac;
  options.mtu = network.mtu;
  options.networkNamespace = sandbox;
  auto parent = socket_.index(network.interfaceName);
  if (parent == 0) {
    fail(ErrorCode::NOT_FOUND, fmt::format("network {}: its parent {} is gone from the host",
                                           network.name, network.interfaceName));
  }
  socket_.commit(net::addMacvlan(options, parent, modeOf(network)));
  auto index = inside.index(endpoint.interfaceName);
  std::vector<net::NetlinkMessage> messages;
  for (auto& address : {endpoint.ipv4, endpoint.ipv6}) {
    auto subnet = network.subnet(address.family());
    if (!address || subnet == nullptr) continue;
    messages.push_back(net::addAddress(index, address, subnet->prefix.length()));
    if (endpoint.gateway && !network.internal) {
      messages.push_back(net::addDefaultRoute(index, subnet->gateway));
    }
  }
  inside.commit(messages);
  inside.settle(endpoint.interfaceName);
}

void MacvlanNetworks::discard(const EndpointRecord& endpoint, net::RouteSocket* inside) {
  auto key = keyOf(endpoint);
  if (inside != nullptr && inside->namespaceCookie() == endpoint.sandbox) {
    auto index = inside->index(endpoint.interfaceName);
    if (index != 0) inside->commit(net::removeLink(index, endpoint.interfaceName));
  }
  endpoints_.erase(key);
  sandboxes_.erase(key);
  ipam_.release(endpoint);
  store_.removeEndpoint(key);
}

void MacvlanNetworks::detach(const EndpointKey& key) {
  auto found = endpoints_.find(key);
  if (found == endpoints_.end()) return;
  auto endpoint = found->second;
  auto sandbox = sandboxes_.find(key);
  if (sandbox == sandboxes_.end()) return discard(endpoint, nullptr);
  auto inside = net::RouteSocket::in(sandbox->second.get());
  discard(endpoint, &inside);
}

std::vector<net::EndpointView> MacvlanNetworks::endpoints() const {
  std::vector<net::EndpointView> views;
  for (auto& [key, endpoint] : endpoints_) views.push_back({endpoint, networkOf(key.first), {}});
  return views;
}

net::LinkCounters MacvlanNetworks::statistics(const EndpointKey& key) {
  auto found = endpoints_.find(key);
  if (found == endpoints_.end()) {
    fail(ErrorCode::NOT_FOUND, fmt::format("network {} has no endpoint {}", key.first, key.second));
  }
  auto sandbox = sandboxes_.find(key);
  if (sandbox == sandboxes_.end()) {
    fail(ErrorCode::UNAVAILABLE, fmt::format("endpoint {}: attached before the driver was started; "
                                             "attach it again to count",
                                             key.second));
  }
  auto inside = net::RouteSocket::in(sandbox->second.get());
  return net::countersOf(inside, found->second.interfaceName);
}

}  // namespace stave::macvlan
