#pragma once

#include <stave/net/dns_server.h>
#include <stave/net/serial_queue.h>
#include <stave/plugin.h>
#include <stave/schema/network.capnp.h>

#include "bridge_networks.h"
#include "sandbox_reserve.h"
#include "settings.capnp.h"

namespace stave::bridge {

/// The `Network` contract around `BridgeNetworks`: reads requests, queues the work, writes answers,
/// and keeps the DNS server listening where there are networks.
class Driver final : public schema::Network::Server {
 public:
  Driver(Context& context, schema::BridgeSettings::Reader settings);

  Task<> recover();  ///< once, before anything is served

  kj::Promise<void> createNetwork(CreateNetworkContext context) override;
  kj::Promise<void> removeNetwork(RemoveNetworkContext context) override;
  kj::Promise<void> createSandbox(CreateSandboxContext context) override;
  kj::Promise<void> attach(AttachContext context) override;
  kj::Promise<void> detach(DetachContext context) override;
  kj::Promise<void> endpoints(EndpointsContext context) override;
  kj::Promise<void> statistics(StatisticsContext context) override;

 private:
  kj::Promise<void> stop();
  void listen(const std::vector<net::Address>& gateways);
  void addNameservers(net::EndpointView& view) const;

  Context& context_;
  net::DnsDirectory directory_;
  BridgeNetworks networks_;
  kj::Maybe<net::DnsServer> dns_;
  net::SerialQueue queue_;
  SandboxReserve sandboxes_;
};

Options readOptions(schema::BridgeSettings::Reader settings, std::string_view statePath);

}  // namespace stave::bridge
