#pragma once

#include <stave/plugin.h>
#include <stave/schema/network.capnp.h>

#include <functional>
#include <string>

namespace stave::net {

/// A network driver that connects nothing: there is a sandbox and that is all. Networks, endpoints
/// and addresses are answered as the contract wants them, without anything behind. It has no state.
class BareDriver final : public schema::Network::Server {
 public:
  using MakeSandbox = std::function<kj::AutoCloseFd()>;  ///< runs on a worker thread

  BareDriver(Context& context, std::string name, MakeSandbox makeSandbox)
      : context_(context), name_(std::move(name)), makeSandbox_(std::move(makeSandbox)) {}

  kj::Promise<void> createNetwork(CreateNetworkContext context) override;
  kj::Promise<void> removeNetwork(RemoveNetworkContext context) override { return kj::READY_NOW; }
  kj::Promise<void> createSandbox(CreateSandboxContext context) override;
  kj::Promise<void> attach(AttachContext context) override;
  kj::Promise<void> detach(DetachContext context) override { return kj::READY_NOW; }
  kj::Promise<void> endpoints(EndpointsContext context) override { return kj::READY_NOW; }
  kj::Promise<void> statistics(StatisticsContext context) override;

 private:
  Context& context_;
  std::string name_;
  MakeSandbox makeSandbox_;
};

}  // namespace stave::net
