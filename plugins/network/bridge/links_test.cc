#include "links.h"

#include <gtest/gtest.h>
#include <kj/exception.h>
#include <stave/net/private_network.h>

#include <algorithm>

namespace stave::bridge {
namespace {

using net::Address;
using net::Prefix;

struct BridgeLinksTest : testing::Test {
  BridgeLinksTest() {
    record.name = "net";
    record.interfaceName = "sv-1";
    record.mtu = 1400;
    record.subnets.push_back(
        {Prefix::parse("10.0.0.0/24", "x"), Address::parse("10.0.0.1", "x"), {}, {}});
    endpoint.network = "net";
    endpoint.interfaceName = "eth0";
    endpoint.hostInterface = "svb1";
    endpoint.ipv4 = Address::parse("10.0.0.2", "x");
    endpoint.mac = net::macFor(endpoint.ipv4);
  }
  ~BridgeLinksTest() noexcept override {}

  net::PrivateNetwork network;
  Links links;
  net::NetworkRecord record;
  net::EndpointRecord endpoint;
};

TEST_F(BridgeLinksTest, ABridgeIsMadeOnceAndCompleted) {
  links.ensureBridge(record);
  links.ensureBridge(record);
  auto addresses = links.addresses();
  EXPECT_EQ(std::count_if(addresses.begin(), addresses.end(),
                          [](auto& entry) { return entry.address.text() == "10.0.0.1"; }),
            1);
  links.removeBridge(record);
  links.removeBridge(record);
  EXPECT_FALSE(links.exists("sv-1"));
}

TEST_F(BridgeLinksTest, APairIsConnectedAndDisconnected) {
  links.ensureBridge(record);
  auto sandbox = net::makeSandbox();
  auto inside = net::RouteSocket::in(sandbox.get());
  links.connect(record, endpoint, sandbox.get(), inside);
  for (auto& link : net::listLinks(inside)) {
    if (link.name != "eth0") continue;
    EXPECT_EQ(link.mtu, 1400u);
    EXPECT_EQ(link.mac, net::macText(*endpoint.mac));
    EXPECT_TRUE(link.up);
  }
  links.disconnect(endpoint);
  EXPECT_EQ(inside.index("eth0"), 0u);
  EXPECT_NO_THROW(links.disconnect(endpoint));
}

TEST_F(BridgeLinksTest, AFailureLeavesNothing) {
  links.ensureBridge(record);
  auto sandbox = net::makeSandbox();
  auto inside = net::RouteSocket::in(sandbox.get());
  endpoint.gateway = true;
  record.subnets[0].gateway = Address::parse("192.0.2.1", "x");  // no route can go there
  EXPECT_THROW(links.connect(record, endpoint, sandbox.get(), inside), kj::Exception);
  EXPECT_FALSE(links.exists("svb1"));
  EXPECT_EQ(inside.index("eth0"), 0u);
  links.removeBridge(record);
  EXPECT_THROW(links.connect(record, endpoint, sandbox.get(), inside), kj::Exception);
}

}  // namespace
}  // namespace stave::bridge
