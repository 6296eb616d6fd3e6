#pragma once

#include <stave/net/dns_directory.h>
#include <stave/net/ipam.h>
#include <stave/net/plan.h>
#include <stave/net/wire.h>

#include "firewall.h"
#include "links.h"
#include "ports.h"

namespace stave::bridge {

struct Options {
  std::string stateDirectory;
  std::vector<net::SubnetPool::Block> pools;
  uint32_t mtu = 1500;
};

/// Everything that the driver does, as plain synchronous calls on plain data: one call at a time,
/// on any thread of the network namespace in which it was made.
///
/// Records come first and kernel objects second; what a crash leaves half made is found by
/// `recover`.
class BridgeNetworks {
 public:
  BridgeNetworks(Options options, net::DnsDirectory& directory);

  /// What the records and the kernel say after a start: bridges and rules that are missing are
  /// made, endpoints that are half made or whose sandbox is gone are removed, ports are reserved
  /// again. Returns what went wrong, for the log.
  std::vector<std::string> recover();

  /// Lets go of the host's ports, for whoever comes after. Everything in the kernel stays.
  void close() { ports_ = Ports(); }

  net::NetworkRecord create(const net::NetworkWish& wish);
  void remove(const std::string& name);
  net::EndpointView attach(int sandbox, net::EndpointRequest request);
  void detach(const net::EndpointKey& key);
  std::vector<net::EndpointView> endpoints() const;
  net::LinkCounters statistics(const net::EndpointKey& key);

  /// Of all networks: where DNS is to answer.
  std::vector<net::Address> gateways() const;

 private:
  net::NetworkRecord plan(const net::NetworkWish& wish);
  std::vector<net::Occupied> occupied(const std::string& except);
  const net::NetworkRecord& networkOf(const std::string& name) const;
  bool isConnected(const net::EndpointRecord& endpoint, net::RouteSocket& inside) const;
  net::EndpointRecord update(const net::EndpointRecord& current,
                             const net::EndpointRequest& request);
  net::EndpointRecord connect(net::EndpointRecord endpoint, int sandbox, net::RouteSocket& inside);
  void discard(const net::EndpointRecord& endpoint);
  template <typename Change>
  void changeFirewall(Change change);
  void rebuildFirewall() { firewall_.rebuild(networks_, endpoints_); }
  void recoverEndpoints(std::vector<std::string>& problems);
  void removeStrays();

  Options options_;
  net::RecordStore store_;
  net::SubnetPool pool_;
  net::DnsDirectory& directory_;
  net::Ipam ipam_;
  Links links_;
  Firewall firewall_;
  Ports ports_;
  std::map<std::string, net::NetworkRecord> networks_;
  std::map<net::EndpointKey, net::EndpointRecord> endpoints_;
};

}  // namespace stave::bridge
