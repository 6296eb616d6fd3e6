#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/net/links.h>
#include <stave/net/private_network.h>

#include <algorithm>

namespace stave::net {
namespace {

struct NetlinkTest : testing::Test {
  PrivateNetwork network;
  RouteSocket socket;
};

TEST_F(NetlinkTest, ARefusalNamesWhatWasAttempted) {
  socket.commit(addBridge({"br0"}));
  try {
    socket.commit(addBridge({"br0"}));
    FAIL();
  } catch (const kj::Exception& exception) {
    EXPECT_EQ(codeOf(exception), ErrorCode::ALREADY_EXISTS);
    EXPECT_NE(textOf(exception).find("br0"), std::string::npos);
  }
}

TEST_F(NetlinkTest, ABatchReportsTheFirstRefusal) {
  auto lo = socket.index("lo");
  std::vector<NetlinkMessage> batch;
  batch.push_back(addAddress(lo, Address::parse("127.1.0.1", "x"), 32));
  batch.push_back(addDefaultRoute(lo, Address::parse("10.9.9.9", "x")));
  batch.push_back(addAddress(lo, Address::parse("127.1.0.2", "x"), 32));
  EXPECT_THROW(socket.commit(batch), kj::Exception);
  auto addresses = listAddresses(socket);
  EXPECT_TRUE(std::any_of(addresses.begin(), addresses.end(),
                          [](auto& entry) { return entry.address.text() == "127.1.0.2"; }));
}

TEST_F(NetlinkTest, ASocketIsOfTheNamespaceInWhichItWasMade) {
  auto sandbox = makeSandbox();
  auto inside = RouteSocket::in(sandbox.get());
  inside.commit(addBridge({"br0"}));
  EXPECT_NE(inside.index("br0"), 0u);
  EXPECT_EQ(socket.index("br0"), 0u);
  EXPECT_EQ(RouteSocket().namespaceCookie(), socket.namespaceCookie());
}

TEST(Attributes, AbsentOnesAreEmpty) {
  Attributes none(nullptr, 0);
  EXPECT_EQ(none.number(7), 0u);
  EXPECT_EQ(none.text(7), "");
  EXPECT_FALSE(none.address(7));
  EXPECT_EQ(none.inside(7).text(1), "");
}

}  // namespace
}  // namespace stave::net
