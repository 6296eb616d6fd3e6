#include <gtest/gtest.h>
#include <linux/if_link.h>
#include <stave/error.h>
#include <stave/net/links.h>
#include <stave/net/private_network.h>

#include <algorithm>

namespace stave::net {
namespace {

struct LinksTest : testing::Test {
  std::optional<LinkInfo> find(const std::string& name) {
    for (auto& link : listLinks(*socket)) {
      if (link.name == name) return link;
    }
    return std::nullopt;
  }

  LinkOptions named(std::string name) {
    LinkOptions options;
    options.name = std::move(name);
    return options;
  }

  PrivateNetwork network;
  std::optional<RouteSocket> socket{RouteSocket()};
};

TEST_F(LinksTest, ABridgeIsMadeAsAskedAndRemoved) {
  auto options = named("br0");
  options.mac = parseMac("02:00:00:00:00:07");
  options.mtu = 1400;
  socket->commit(addBridge(options));
  auto link = find("br0");
  ASSERT_TRUE(link);
  EXPECT_EQ(link->kind, "bridge");
  EXPECT_EQ(link->mac, "02:00:00:00:00:07");
  EXPECT_EQ(link->mtu, 1400u);
  EXPECT_TRUE(link->up);
  socket->commit(removeLink(link->index, "br0"));
  EXPECT_FALSE(find("br0"));
}

TEST_F(LinksTest, APairReachesIntoAnotherNamespace) {
  auto sandbox = makeSandbox();
  auto inside = RouteSocket::in(sandbox.get());
  socket->commit(addBridge(named("br0")));
  auto near = named("near"), far = named("eth0");
  near.master = socket->index("br0");
  far.networkNamespace = sandbox.get();
  far.mac = parseMac("02:00:00:00:00:08");
  socket->commit(addVeth(near, far));
  EXPECT_EQ(find("near")->master, near.master);
  EXPECT_EQ(socket->index("eth0"), 0u);
  auto index = inside.index("eth0");
  ASSERT_NE(index, 0u);
  std::vector<NetlinkMessage> batch;
  batch.push_back(setLinkUp(index, true));
  batch.push_back(addAddress(index, Address::parse("10.0.0.2", "x"), 24));
  batch.push_back(addAddress(index, Address::parse("fd00::2", "x"), 64));
  batch.push_back(addDefaultRoute(index, Address::parse("10.0.0.1", "x")));
  inside.commit(batch);
  auto addresses = listAddresses(inside);
  EXPECT_TRUE(std::any_of(addresses.begin(), addresses.end(), [](auto& entry) {
    return entry.address.text() == "fd00::2" && entry.length == 64;
  }));
  auto routes = listRoutes(inside);
  EXPECT_TRUE(std::any_of(routes.begin(), routes.end(),
                          [](auto& entry) { return entry.destination.text() == "10.0.0.0/24"; }));
  EXPECT_NE(inside.namespaceCookie(), socket->namespaceCookie());
}

TEST_F(LinksTest, APortOfABridgeMayBeAHairpin) {
  socket->commit(addBridge(named("br0")));
  auto near = named("near"), far = named("far");
  near.master = socket->index("br0");
  socket->commit(addVeth(near, far));
  socket->commit(setLinkUp(socket->index("far"), true));
  socket->settle("near");
  socket->commit(setHairpin(socket->index("near"), true));
  EXPECT_THROW(socket->commit(setHairpin(socket->index("far"), true)), kj::Exception)
      << "no port of a bridge";
}

TEST_F(LinksTest, LinksAreRenamedMovedAndChanged) {
  auto sandbox = makeSandbox();
  auto near = named("a"), far = named("b");
  near.up = false;
  socket->commit(addVeth(near, far));
  auto index = socket->index("a");
  socket->commit(renameLink(index, "c"));
  socket->commit(setLinkMtu(index, 1300));
  EXPECT_EQ(find("c")->mtu, 1300u);
  socket->commit(moveLink(index, sandbox.get()));
  EXPECT_FALSE(find("c"));
  EXPECT_NE(RouteSocket::in(sandbox.get()).index("c"), 0u);
}

TEST_F(LinksTest, MacvlanAndVxlanAreMade) {
  auto sandbox = makeSandbox();
  auto near = named("a"), far = named("b");
  socket->commit(addVeth(near, far));
  auto options = named("eth0");
  options.networkNamespace = sandbox.get();
  socket->commit(addMacvlan(options, socket->index("a"), MACVLAN_MODE_BRIDGE));
  EXPECT_NE(RouteSocket::in(sandbox.get()).index("eth0"), 0u);
  socket->commit(addVxlan(named("vx0"), 7, 0, 8472, false));
  EXPECT_EQ(find("vx0")->kind, "vxlan");
}

}  // namespace
}  // namespace stave::net
