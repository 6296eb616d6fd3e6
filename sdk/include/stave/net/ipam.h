#pragma once

#include <stave/net/address_pool.h>
#include <stave/net/records.h>

namespace stave::net {

/// The addresses of all networks of a driver, in memory; built again from the records at each
/// start.
class Ipam {
 public:
  /// Gateways and reserved addresses are taken out. Fails [invalid] if one is outside its subnet.
  void add(const NetworkRecord& network);
  void remove(const std::string& network) { networks_.erase(network); }

  /// Fills in the addresses that the request leaves open and the MAC, and takes them. Fails
  /// [exhausted], [conflict], [invalid], and then takes nothing.
  void assign(EndpointRequest& endpoint);

  /// Takes the addresses of a record found on disk. Fails [conflict].
  void restore(const EndpointRequest& endpoint);
  void release(const EndpointRequest& endpoint);

 private:
  using Pools = std::map<Family, AddressPool>;
  Pools& poolsOf(const std::string& network);
  static void take(Pools& pools, Family family, Address& address);

  std::map<std::string, Pools> networks_;
};

}  // namespace stave::net
