#pragma once

#include <stave/net/serial_queue.h>
#include <stave/plugin.h>
#include <stave/schema/network.capnp.h>

#include "macvlan_networks.h"
#include "settings.capnp.h"

namespace stave::macvlan {

/// The `Network` contract around `MacvlanNetworks`: reads requests, queues the work, writes
/// answers.
class Driver final : public schema::Network::Server {
 public:
  Driver(Context& context, schema::MacvlanSettings::Reader settings);

  Task<> recover();  ///< once, before anything is served

  kj::Promise<void> createNetwork(CreateNetworkContext context) override;
  kj::Promise<void> removeNetwork(RemoveNetworkContext context) override;
  kj::Promise<void> createSandbox(CreateSandboxContext context) override;
  kj::Promise<void> attach(AttachContext context) override;
  kj::Promise<void> detach(DetachContext context) override;
  kj::Promise<void> endpoints(EndpointsContext context) override;
  kj::Promise<void> statistics(StatisticsContext context) override;

 private:
  Context& context_;
  MacvlanNetworks networks_;
  net::SerialQueue queue_;
};

}  // namespace stave::macvlan
