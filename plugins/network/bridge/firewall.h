#pragma once

#include <stave/net/nftables.h>
#include <stave/net/records.h>

namespace stave::bridge {

/// The driver's one nftables table, "inet stave_bridge". Rules never change; networks and published
/// ports are elements of flat sets and maps, so that a change costs the same however many there
/// are. What the rules do is written beside them in firewall_rules.h.
class Firewall {
 public:
  using Networks = std::map<std::string, net::NetworkRecord>;
  using Endpoints = std::map<net::EndpointKey, net::EndpointRecord>;

  /// The table as the records want it, in one transaction: connections that pass do not notice.
  /// Without networks the table is removed.
  void rebuild(const Networks& networks, const Endpoints& endpoints);

  /// One transaction each; fail if the table is not what it was left as, for instance flushed by
  /// somebody, and then `rebuild` puts it right.
  void publish(const net::EndpointRecord& endpoint);
  void withdraw(const net::EndpointRecord& endpoint);
  void replacePorts(const net::EndpointRecord& before, const net::EndpointRecord& after);

 private:
  net::Nftables nftables_;
};

/// Whether other networks of this driver may reach the network's pods.
bool isOpen(const net::NetworkRecord& network);

}  // namespace stave::bridge
