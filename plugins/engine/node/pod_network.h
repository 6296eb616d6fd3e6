#pragma once

#include <capnp/message.h>
#include <stave/schema/objects/pod.capnp.h>

#include "network_reconciler.h"

namespace stave::node {

/// A pod's network identity: its sandbox and what it is attached to.
class PodNetwork {
 public:
  /// One attachment, in the order of the pod's networks; the first is the gateway.
  struct Wish {
    std::string network;
    std::vector<std::string> names;
    std::string ipv4, ipv6, mac;
  };
  struct Port {
    std::string hostAddress;
    uint16_t hostPort = 0, hostPortEnd = 0, containerPort = 0;
    schema::PortMapping::Protocol protocol = schema::PortMapping::Protocol::TCP;
  };
  struct Endpoint {
    std::string network;
    std::string id;
    kj::Own<schema::EndpointStatus::Reader> status;
  };

  PodNetwork(Environment& environment, NetworkReconciler& networks)
      : environment_(environment), networks_(networks) {}

  bool up() const { return sandbox_.get() >= 0 || !endpoints_.empty(); }
  bool hasSandbox() const { return sandbox_.get() >= 0; }

  /// Makes the sandbox and attaches it everywhere. When it fails nothing stays behind.
  Task<> build(std::string podUid, std::string podName, std::vector<Wish> wishes,
               std::vector<Port> ports);

  /// Done as soon as there is a sandbox, which may not be connected yet. Never, if none comes.
  kj::Promise<void> whenSandboxed();

  /// Takes a sandbox that is there already: another pod's, or one found after a restart.
  void adoptSandbox(kj::AutoCloseFd sandbox);
  void adoptEndpoint(std::string network, std::string id, schema::EndpointStatus::Reader status);

  /// Detaches and gives the sandbox back. Tries everything even if some of it fails.
  Task<> tearDown();

  schema::Fd::Client sandbox() const;
  const std::vector<Endpoint>& endpoints() const { return endpoints_; }
  std::vector<schema::EndpointStatus::Reader> statuses() const;

 private:
  schema::Fd::Client makeSandbox(const std::string& podUid, const std::string& network);
  Task<> attachAll(schema::Fd::Client sandbox, std::string podUid, std::string podName,
                   std::vector<Wish> wishes, std::vector<Port> ports);
  Task<> takeSandbox(schema::Fd::Client made);
  Task<> detach(std::string network, std::string id);

  Environment& environment_;
  NetworkReconciler& networks_;
  kj::AutoCloseFd sandbox_;
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> onSandbox_;
  std::vector<Endpoint> endpoints_;
};

}  // namespace stave::node
