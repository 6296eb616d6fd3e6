#include "firewall.h"

#include <gtest/gtest.h>
#include <kj/exception.h>
#include <stave/net/private_network.h>

namespace stave::bridge {
namespace {

using net::Address;
using net::Prefix;

struct FirewallTest : testing::Test {
  FirewallTest() {
    net::NetworkRecord record;
    record.name = "net";
    record.interfaceName = "sv-1";
    record.subnets.push_back({Prefix::parse("10.0.0.0/24", "x"), {}, {}, {}});
    networks["net"] = record;
  }
  ~FirewallTest() noexcept override {}

  net::EndpointRecord endpoint(uint16_t hostPort, std::string_view hostAddress = "") {
    net::EndpointRecord record;
    record.network = "net";
    record.endpoint = "pod";
    record.ipv4 = Address::parse("10.0.0.2", "x");
    auto address = hostAddress.empty() ? Address() : Address::parse(hostAddress, "x");
    record.published = {{address, hostPort, 0, 80, net::Protocol::tcp}};
    return record;
  }
  bool has(const std::string& map, const std::string& text) {
    return lists.list("list map inet stave_bridge " + map).find(text) != std::string::npos;
  }
  std::string table() { return lists.list("list table inet stave_bridge"); }

  net::PrivateNetwork network;
  Firewall firewall;
  net::Nftables lists;
  Firewall::Networks networks;
};

TEST_F(FirewallTest, ExistsWhileThereAreNetworks) {
  firewall.rebuild(networks, {});
  EXPECT_NE(table().find("sv-1"), std::string::npos);
  EXPECT_NE(table().find("10.0.0.0/24"), std::string::npos);
  firewall.rebuild({}, {});
  EXPECT_EQ(table(), "");
}

TEST_F(FirewallTest, PublishesReplacesAndWithdraws) {
  firewall.rebuild(networks, {});
  auto before = table();
  firewall.publish(endpoint(8080));
  EXPECT_TRUE(has("ports4", "tcp . 8080 : 10.0.0.2 . 80"));
  firewall.replacePorts(endpoint(8080), endpoint(8081, "127.0.0.1"));
  EXPECT_FALSE(has("ports4", "8080"));
  EXPECT_TRUE(has("at4", "127.0.0.1 . tcp . 8081 : 10.0.0.2 . 80"));
  firewall.withdraw(endpoint(8081, "127.0.0.1"));
  EXPECT_EQ(table(), before);
}

TEST_F(FirewallTest, ARebuildKnowsTheEndpoints) {
  auto pod = endpoint(8080);
  firewall.rebuild(networks, {{keyOf(pod), pod}});
  EXPECT_TRUE(has("ports4", "tcp . 8080 : 10.0.0.2 . 80"));
}

TEST_F(FirewallTest, SaysWhenTheTableIsNotAsItWasLeft) {
  firewall.rebuild(networks, {});
  EXPECT_THROW(firewall.withdraw(endpoint(8080)), kj::Exception);
  lists.run("flush ruleset\n");
  EXPECT_THROW(firewall.publish(endpoint(8080)), kj::Exception);
}

TEST_F(FirewallTest, InternalAndOpenNetworksAreMarked) {
  networks["net"].internal = true;
  firewall.rebuild(networks, {});
  EXPECT_NE(lists.list("list set inet stave_bridge internal").find("sv-1"), std::string::npos);
  EXPECT_EQ(table().find("10.0.0.0/24"), std::string::npos) << "no way out";
  networks["net"].internal = false;
  networks["net"].options["isolation"] = "false";
  firewall.rebuild(networks, {});
  EXPECT_NE(lists.list("list set inet stave_bridge open").find("sv-1"), std::string::npos);
}

}  // namespace
}  // namespace stave::bridge
