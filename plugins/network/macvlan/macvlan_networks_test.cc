#include "macvlan_networks.h"

#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/net/private_network.h>
#include <stave/os/file.h>

#include <cstdlib>
#include <optional>

namespace stave::macvlan {
namespace {

using net::Prefix;

struct MacvlanNetworksTest : testing::Test {
  MacvlanNetworksTest() {
    char path[] = "/tmp/stave-macvlan.XXXXXX";
    directory = mkdtemp(path);
    net::RouteSocket().commit(net::addVeth({"lan0"}, {"lan1"}));
    start();
  }
  ~MacvlanNetworksTest() noexcept override {
    networks.reset();
    os::removeTree(directory);
  }

  void start() {
    networks.emplace(directory,
                     std::vector{net::SubnetPool::Block{Prefix::parse("10.90.0.0/16", "x"), 24}});
    networks->recover();
  }
  net::NetworkWish wish(std::map<std::string, std::string> options) {
    net::NetworkWish result;
    result.name = "net";
    result.options = std::move(options);
    return result;
  }
  net::EndpointRequest request(std::string pod) {
    net::EndpointRequest result;
    result.network = "net";
    result.endpoint = result.podName = std::move(pod);
    return result;
  }
  std::string refusal(const net::NetworkWish& wrong) {
    try {
      networks->create(wrong);
    } catch (const kj::Exception& exception) {
      EXPECT_EQ(codeOf(exception), ErrorCode::INVALID);
      return textOf(exception);
    }
    return "";
  }

  net::PrivateNetwork network;
  std::string directory;
  std::optional<MacvlanNetworks> networks;
};

TEST_F(MacvlanNetworksTest, SaysWhatIsWrongWithItsOptions) {
  EXPECT_NE(refusal(wish({})).find("parent is missing"), std::string::npos);
  EXPECT_NE(refusal(wish({{"parent", "none0"}})).find("none0"), std::string::npos);
  EXPECT_NE(refusal(wish({{"parent", "lan0"}, {"mode", "x"}})).find("vepa"), std::string::npos);
}

TEST_F(MacvlanNetworksTest, TakesTheSubnetOfItsParent) {
  net::RouteSocket socket;
  socket.commit(net::addAddress(socket.index("lan0"), net::Address::parse("10.1.0.7", "x"), 24));
  auto lan = wish({{"parent", "lan0"}});
  lan.subnets.push_back({Prefix::parse("10.1.0.0/24", "x"), {}, {}, {}});
  EXPECT_EQ(networks->create(lan).interfaceName, "lan0");
}

TEST_F(MacvlanNetworksTest, AttachesInEachModeAndDetaches) {
  for (auto mode : {"bridge", "private", "vepa"}) {
    networks->create(wish({{"parent", "lan0"}, {"mode", mode}}));
    auto sandbox = net::makeSandbox();
    auto inside = net::RouteSocket::in(sandbox.get());
    networks->attach(kj::mv(sandbox), request("pod"));
    EXPECT_NE(inside.index("eth0"), 0u) << mode;
    networks->detach({"net", "pod"});
    EXPECT_EQ(inside.index("eth0"), 0u) << mode;
    networks->remove("net");
  }
}

TEST_F(MacvlanNetworksTest, KnowsItsEndpointsAfterARestartAndCountsOnceTheyAreAttachedAgain) {
  networks->create(wish({{"parent", "lan0"}}));
  auto sandbox = net::makeSandbox();
  auto address = networks->attach(os::duplicate(sandbox.get()), request("pod")).endpoint.ipv4;
  start();
  ASSERT_EQ(networks->endpoints().size(), 1u);
  EXPECT_THROW(networks->statistics({"net", "pod"}), kj::Exception);
  auto again = networks->attach(kj::mv(sandbox), request("pod"));
  EXPECT_EQ(again.endpoint.ipv4, address);
  EXPECT_NO_THROW(networks->statistics({"net", "pod"}));
}

}  // namespace
}  // namespace stave::macvlan
