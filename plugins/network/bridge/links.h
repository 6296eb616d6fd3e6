#pragma once

#include <stave/net/links.h>
#include <stave/net/records.h>

namespace stave::bridge {

/// The driver's interfaces in the kernel. Plain and synchronous; for the network namespace in which
/// it was made.
class Links {
 public:
  /// Makes the network's bridge with its gateway addresses, or completes what is there.
  void ensureBridge(const net::NetworkRecord& network);
  void removeBridge(const net::NetworkRecord& network);

  /// Makes the endpoint's pair, the far end in the sandbox, with addresses and routes. `inside` is
  /// a socket of the sandbox. On failure nothing is left.
  void connect(const net::NetworkRecord& network, const net::EndpointRecord& endpoint, int sandbox,
               net::RouteSocket& inside);
  /// Whether the pod may reach itself through its published ports, as the endpoint has some or
  /// none.
  void setHairpin(const net::EndpointRecord& endpoint);
  void disconnect(const net::EndpointRecord& endpoint);  ///< gone already: nothing happens

  std::vector<net::LinkInfo> list() { return net::listLinks(socket_); }
  std::vector<net::AddressInfo> addresses() { return net::listAddresses(socket_); }
  std::vector<net::RouteInfo> routes() { return net::listRoutes(socket_); }
  bool exists(const std::string& name) { return socket_.index(name) != 0; }
  void remove(const std::string& name);

  /// As the pod sees them: what it receives is what the host's end sends.
  net::LinkCounters counters(const net::EndpointRecord& endpoint);

 private:
  void makeBridge(const net::NetworkRecord& network);

  net::RouteSocket socket_;
};

}  // namespace stave::bridge
