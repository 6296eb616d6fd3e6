#pragma once

#include <stave/net/address_pool.h>
#include <stave/net/records.h>

namespace stave::net {

/// What a network is asked to be: the parts of its spec that a driver decides on.
struct NetworkWish {
  std::string name;
  std::vector<Subnet> subnets;
  bool internal = false;
  bool ipv6 = false;
  std::map<std::string, std::string> options;

  /// An option's value, empty if it is not given.
  std::string option(const std::string& key) const;
  /// "mtu", or `otherwise`. Fails [invalid] outside 68..65535 (1280 at least with IPv6).
  uint32_t mtu(uint32_t otherwise) const;
  /// A "true" or "false" option. Fails [invalid] for anything else.
  bool flag(const std::string& key, bool otherwise) const;
  /// Fails [invalid] naming an option that is none of `known`.
  void checkOptions(std::initializer_list<std::string_view> known) const;
};

struct Occupied {
  Prefix prefix;
  std::string by;  ///< "network front", "a route of eth0"
};

/// The subnets that the network gets: those wished for with gateways filled in, and the missing
/// ones from the pool. Fails [conflict] naming who has an overlapping one, [invalid], [exhausted].
std::vector<Subnet> planSubnets(const NetworkWish& wish, const SubnetPool& pool,
                                const std::vector<Occupied>& occupied);

}  // namespace stave::net
