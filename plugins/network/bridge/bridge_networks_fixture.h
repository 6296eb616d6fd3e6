#pragma once

#include <gtest/gtest.h>
#include <stave/net/private_network.h>
#include <stave/os/file.h>

#include <cstdlib>
#include <memory>
#include <optional>

#include "bridge_networks.h"

namespace stave::bridge {

/// The whole driver but its RPC, in a network namespace of its own.
struct BridgeNetworksTest : testing::Test {
  BridgeNetworksTest() {
    char path[] = "/tmp/stave-bridge.XXXXXX";
    options.stateDirectory = mkdtemp(path);
    options.pools = {{net::Prefix::parse("10.88.0.0/16", "x"), 24},
                     {net::Prefix::parse("fd53::/48", "x"), 64}};
    start();
  }
  ~BridgeNetworksTest() noexcept override {
    networks.reset();
    os::removeTree(options.stateDirectory);
  }

  /// As after a crash: nothing but the files and the kernel's state is left.
  void start() {
    networks.reset();
    directory = std::make_unique<net::DnsDirectory>();
    networks.emplace(options, *directory);
    problems = networks->recover();
  }

  net::NetworkWish wish(std::string name) {
    net::NetworkWish result;
    result.name = std::move(name);
    return result;
  }
  net::EndpointRequest request(std::string pod) {
    net::EndpointRequest result;
    result.network = "net";
    result.endpoint = result.podName = std::move(pod);
    result.names = {result.podName};
    result.gateway = true;
    return result;
  }
  bool exists(const std::string& name) { return Links().exists(name); }
  std::string rules() { return net::Nftables().list("list table inet stave_bridge"); }

  net::PrivateNetwork network;
  Options options;
  std::unique_ptr<net::DnsDirectory> directory;
  std::optional<BridgeNetworks> networks;
  std::vector<std::string> problems;
};

}  // namespace stave::bridge
