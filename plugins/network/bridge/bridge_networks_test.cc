#include "bridge_networks.h"

#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/net/sandbox.h>
#include <stave/os/file.h>
#include <stave/os/netns.h>

#include <unistd.h>

#include <cstdlib>

namespace stave::bridge {
namespace {

using net::Address;
using net::Prefix;

/// The whole driver but its RPC, in a network namespace of its own.
struct BridgeNetworksTest : testing::Test {
  BridgeNetworksTest() : before(os::currentNetworkNamespace()), own(net::makeSandbox()) {
    os::enterNetworkNamespace(own.get());
    char path[] = "/tmp/stave-bridge.XXXXXX";
    options.stateDirectory = mkdtemp(path);
    options.pools = {{Prefix::parse("10.88.0.0/16", "x"), 24}, {Prefix::parse("fd53::/48", "x"), 64}};
    start();
  }
  ~BridgeNetworksTest() noexcept override {
    networks.reset();
    os::enterNetworkNamespace(before.get());
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

  kj::AutoCloseFd before, own;
  Options options;
  std::unique_ptr<net::DnsDirectory> directory;
  std::optional<BridgeNetworks> networks;
  std::vector<std::string> problems;
};

TEST_F(BridgeNetworksTest, AHalfMadeEndpointIsRemovedAtTheNextStart) {
  networks->create(wish("net"));
  auto sandbox = net::makeSandbox();
  auto made = networks->attach(sandbox.get(), request("web")).endpoint;
  made.ready = false;
  net::RecordStore(options.stateDirectory).save(made);
  start();
  EXPECT_TRUE(networks->endpoints().empty());
  EXPECT_FALSE(exists(made.hostInterface));
  EXPECT_EQ(networks->attach(sandbox.get(), request("web")).endpoint.ipv4, made.ipv4);
}

TEST_F(BridgeNetworksTest, AnEndpointWhoseSandboxDiedMeanwhileIsForgotten) {
  networks->create(wish("net"));
  {
    auto sandbox = net::makeSandbox();
    networks->attach(sandbox.get(), request("web"));
  }
  for (int i = 0; i < 500 && Links().list().size() > 2; ++i) usleep(10000);  // the kernel ends it late
  start();
  EXPECT_TRUE(networks->endpoints().empty());
}

TEST_F(BridgeNetworksTest, AfterARebootBridgesAndRulesAreMadeAnew) {
  auto network = networks->create(wish("net"));
  Links().remove(network.interfaceName);
  net::Nftables().run("flush ruleset\n");
  start();
  EXPECT_TRUE(problems.empty());
  EXPECT_TRUE(exists(network.interfaceName));
  EXPECT_NE(rules().find(network.interfaceName), std::string::npos);
}

TEST_F(BridgeNetworksTest, AStrayInterfaceOnOurBridgeIsRemoved) {
  auto network = networks->create(wish("net"));
  net::LinkOptions near, far;
  near.name = "svb0123456789ab";
  far.name = "stray";
  net::RouteSocket socket;
  near.master = socket.index(network.interfaceName);
  socket.commit(net::addVeth(near, far));
  start();
  EXPECT_FALSE(exists(near.name));
}

TEST_F(BridgeNetworksTest, ASubnetOfAHostRouteIsRefused) {
  net::RouteSocket socket;
  net::LinkOptions near, far;
  near.name = "lan0";
  far.name = "lan1";
  socket.commit(net::addVeth(near, far));
  socket.commit(net::setLinkUp(socket.index("lan1"), true));
  socket.commit(net::addAddress(socket.index("lan0"), Address::parse("10.88.0.7", "x"), 24));
  EXPECT_EQ(networks->create(wish("net")).subnets[0].prefix.text(), "10.88.1.0/24");
  auto wanted = wish("other");
  wanted.subnets.push_back({Prefix::parse("10.88.0.0/24", "x"), {}, {}, {}});
  try {
    networks->create(wanted);
    FAIL();
  } catch (const kj::Exception& exception) {
    EXPECT_EQ(codeOf(exception), ErrorCode::CONFLICT);
    EXPECT_NE(textOf(exception).find("lan0"), std::string::npos);
  }
}

TEST_F(BridgeNetworksTest, RulesThatSomebodyFlushedComeBackWithTheNextChange) {
  networks->create(wish("net"));
  auto one = net::makeSandbox(), two = net::makeSandbox();
  auto web = request("web");
  web.ports = {{{}, 8080, 0, 80, net::Protocol::tcp}};
  networks->attach(one.get(), web);
  net::Nftables().run("flush ruleset\n");
  auto other = request("other");
  other.ports = {{{}, 8081, 0, 80, net::Protocol::tcp}};
  networks->attach(two.get(), other);
  EXPECT_NE(rules().find("8080"), std::string::npos);
  EXPECT_NE(rules().find("8081"), std::string::npos);
}

TEST_F(BridgeNetworksTest, APodKeepsItsAddressInANewSandbox) {
  networks->create(wish("net"));
  auto first = net::makeSandbox();
  auto address = networks->attach(first.get(), request("web")).endpoint.ipv4;
  auto second = net::makeSandbox();
  EXPECT_EQ(networks->attach(second.get(), request("web")).endpoint.ipv4, address);
  EXPECT_EQ(networks->endpoints().size(), 1u);
  EXPECT_NE(net::RouteSocket::in(second.get()).index("eth0"), 0u);
  EXPECT_EQ(net::RouteSocket::in(first.get()).index("eth0"), 0u);
}

TEST_F(BridgeNetworksTest, WhatCannotBeIsRefusedWithTheFieldNamed) {
  auto wrong = wish("net");
  wrong.options["bridge"] = "a-name-that-is-too-long";
  EXPECT_THROW(networks->create(wrong), kj::Exception);
  wrong.options = {{"isolation", "maybe"}};
  EXPECT_THROW(networks->create(wrong), kj::Exception);
  wrong.options = {{"bridge", "lo"}};
  EXPECT_THROW(networks->create(wrong), kj::Exception);
  networks->create(wish("net"));
  auto sandbox = net::makeSandbox();
  auto ports = request("web");
  ports.gateway = false;
  ports.ports = {{{}, 8080, 0, 80, net::Protocol::tcp}};
  EXPECT_THROW(networks->attach(sandbox.get(), ports), kj::Exception);
  auto file = os::open("/dev/null", 0);
  EXPECT_THROW(networks->attach(file.get(), request("web")), kj::Exception);
  EXPECT_TRUE(networks->endpoints().empty());
}

}  // namespace
}  // namespace stave::bridge
