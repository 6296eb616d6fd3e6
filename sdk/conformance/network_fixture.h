#pragma once

#include <gtest/gtest.h>
#include <stave/capability.h>
#include <stave/conformance/subject.h>
#include <stave/schema/network.capnp.h>

#include <atomic>
#include <thread>

#include "network_traffic.h"

namespace stave::conformance {

/// A pod's sandbox, as the engine holds it.
struct Sandbox {
  schema::Fd::Client capability;
  kj::AutoCloseFd descriptor;
  int get() const { return descriptor.get(); }
};

using NetworkStatus = capnp::Response<schema::Network::CreateNetworkResults>;
using Attached = capnp::Response<schema::Network::AttachResults>;

/// Every test has a machine of its own: a network namespace in which the test and the plug-in are,
/// with an interface `uplink0` (192.0.2.1/24, 2001:db8::1/64) to an outside world that knows no
/// other route.
class NetworkConformance : public ::testing::Test {
 public:
  ~NetworkConformance() noexcept override {}

 protected:
  using Configure = kj::Function<void(schema::NetworkSpec::Builder)>;
  using Request = kj::Function<void(schema::EndpointRequest::Builder)>;

  void SetUp() override;
  void TearDown() override;

  schema::Network::Client network() { return subject<schema::Network>(); }

  /// Of `createNetwork`; a driver that wants a parent interface gets `uplink0`.
  NetworkStatus make(
      std::string name, Configure configure = [](auto) {});
  ErrorCode failureOfMaking(std::string name, Configure configure);
  void remove(std::string name);
  bool hasSubnets();  ///< whether a network of this driver can have one

  Sandbox makeSandbox(std::string pod);
  /// Endpoint "POD/NETWORK" as the gateway, known by the pod's name, before `request` changes it.
  Attached attach(
      Sandbox& sandbox, std::string network, std::string pod, Request request = [](auto) {});
  ErrorCode failureOfAttaching(
      Sandbox& sandbox, std::string network, std::string pod, Request request = [](auto) {});
  void detach(std::string network, std::string pod);
  size_t endpointCount();

  /// Runs what blocks on a thread, while the loop, and with it an inline plug-in, goes on.
  template <typename Function>
  auto onThread(Function function) {
    std::optional<decltype(function())> result;
    std::atomic<bool> done = false;
    std::thread thread([&] {
      result = function();
      done = true;
    });
    waitUntil([&]() { return done.load(); }, "the end of traffic");
    thread.join();
    return std::move(*result);
  }
  std::optional<std::string> askFrom(int place, const std::string& address, uint16_t port,
                                     Transport transport = Transport::tcp) {
    return onThread([=] { return ask(place, transport, address, port, "hello"); });
  }

  int host() const { return host_.get(); }
  int outside() const { return outside_.get(); }

 private:
  capnp::Request<schema::Network::CreateNetworkParams, schema::Network::CreateNetworkResults>
  createRequest(const std::string& name, Configure& configure);
  capnp::Request<schema::Network::AttachParams, schema::Network::AttachResults> attachRequest(
      Sandbox& sandbox, const std::string& network, const std::string& pod, Request& request);
  void connectOutside();

  kj::AutoCloseFd before_;
  kj::AutoCloseFd host_;
  kj::AutoCloseFd outside_;
  bool needsParent_ = false;
};

/// "10.88.0.2/24" to "10.88.0.2".
inline std::string plain(capnp::Text::Reader address) {
  std::string text = address;
  return text.substr(0, text.find('/'));
}

void addOption(schema::NetworkSpec::Builder spec, kj::StringPtr key, kj::StringPtr value);

inline void setSubnet(schema::NetworkSpec::Builder spec, kj::StringPtr cidr) {
  spec.initSubnets(1)[0].setCidr(cidr);
}

inline schema::PortMapping::Builder addPort(schema::EndpointRequest::Builder request,
                                            uint16_t hostPort, uint16_t containerPort) {
  auto port = request.initPorts(1)[0];
  port.setHostPort(hostPort);
  port.setContainerPort(containerPort);
  return port;
}

/// For what a driver does not do at all.
#define STAVE_SKIP_WITHOUT_SUBNETS() \
  if (!hasSubnets()) GTEST_SKIP() << "networks of this driver have no subnets"
#define STAVE_SKIP_WITHOUT_ADDRESSES(status) \
  if ((status).getIpv4().size() == 0) GTEST_SKIP() << "this driver gives no addresses"

}  // namespace stave::conformance
