#include <fmt/format.h>
#include <stave/error.h>
#include <stave/net/ipam.h>

namespace stave::net {

void Ipam::add(const NetworkRecord& network) {
  Pools pools;
  for (auto& subnet : network.subnets) {
    AddressPool pool(subnet.prefix, subnet.range);
    if (subnet.gateway) pool.reserve(subnet.gateway);
    for (auto& [name, address] : subnet.reserved) {
      if (!pool.isTaken(address)) pool.reserve(address);
    }
    pools.emplace(subnet.prefix.family(), std::move(pool));
  }
  networks_.insert_or_assign(network.name, std::move(pools));
}

Ipam::Pools& Ipam::poolsOf(const std::string& network) {
  auto found = networks_.find(network);
  if (found == networks_.end()) {
    fail(ErrorCode::NOT_FOUND, fmt::format("there is no network {}", network));
  }
  return found->second;
}

void Ipam::take(Pools& pools, Family family, Address& address) {
  auto pool = pools.find(family);
  if (pool == pools.end()) {
    if (!address) return;
    fail(ErrorCode::INVALID,
         fmt::format("address {}: the network has no subnet of that family", address.text()));
  }
  if (address) {
    pool->second.reserve(address);
  } else {
    address = pool->second.allocate();
  }
}

void Ipam::assign(EndpointRequest& endpoint) {
  auto& pools = poolsOf(endpoint.network);
  take(pools, Family::ipv4, endpoint.ipv4);
  try {
    take(pools, Family::ipv6, endpoint.ipv6);
  } catch (...) {
    if (endpoint.ipv4) pools.at(Family::ipv4).release(endpoint.ipv4);
    throw;
  }
  if (!endpoint.mac && endpoint.ipv4) endpoint.mac = macFor(endpoint.ipv4);
  if (!endpoint.mac && endpoint.ipv6) endpoint.mac = macFor(endpoint.ipv6);
}

void Ipam::restore(const EndpointRequest& endpoint) {
  auto& pools = poolsOf(endpoint.network);
  for (auto address : {endpoint.ipv4, endpoint.ipv6}) {
    if (address) take(pools, address.family(), address);
  }
}

void Ipam::release(const EndpointRequest& endpoint) {
  auto found = networks_.find(endpoint.network);
  if (found == networks_.end()) return;
  for (auto& address : {endpoint.ipv4, endpoint.ipv6}) {
    auto pool = found->second.find(address.family());
    if (pool != found->second.end()) pool->second.release(address);
  }
}

}  // namespace stave::net
