#pragma once

#include <kj/io.h>
#include <stave/net/ipam.h>
#include <stave/net/links.h>
#include <stave/net/plan.h>
#include <stave/net/wire.h>

namespace stave::macvlan {

/// Everything that the driver does, as plain synchronous calls: one call at a time, on any thread
/// of the network namespace in which it was made.
///
/// An endpoint is one interface, in the sandbox; the host has nothing of it. So a sandbox is held
/// open from attach to detach, and an endpoint that was attached by an earlier process is known
/// from its record only until the engine attaches it again.
class MacvlanNetworks {
 public:
  MacvlanNetworks(const std::string& stateDirectory, std::vector<net::SubnetPool::Block> pools);

  void recover();
  net::NetworkRecord create(const net::NetworkWish& wish);
  void remove(const std::string& name);
  net::EndpointView attach(kj::AutoCloseFd sandbox, net::EndpointRequest request);
  void detach(const net::EndpointKey& key);
  std::vector<net::EndpointView> endpoints() const;
  net::LinkCounters statistics(const net::EndpointKey& key);

 private:
  net::NetworkRecord plan(const net::NetworkWish& wish);
  std::vector<net::Occupied> occupied(const std::string& network, uint32_t parent);
  const net::NetworkRecord& networkOf(const std::string& name) const;
  net::EndpointRecord connect(net::EndpointRecord endpoint, int sandbox, net::RouteSocket& inside);
  void makeLink(const net::NetworkRecord& network, const net::EndpointRecord& endpoint, int sandbox,
                net::RouteSocket& inside);
  void discard(const net::EndpointRecord& endpoint, net::RouteSocket* inside);

  net::RecordStore store_;
  net::SubnetPool pool_;
  net::Ipam ipam_;
  net::RouteSocket socket_;
  std::map<std::string, net::NetworkRecord> networks_;
  std::map<net::EndpointKey, net::EndpointRecord> endpoints_;
  std::map<net::EndpointKey, kj::AutoCloseFd> sandboxes_;
};

}  // namespace stave::macvlan
