#include "bridge_networks.h"

#include <gtest/gtest.h>
#include <stave/error.h>

#include "bridge_networks_fixture.h"

namespace stave::bridge {
namespace {

using net::Address;
using net::Prefix;

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
