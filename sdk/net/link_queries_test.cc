#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/net/links.h>
#include <stave/net/private_network.h>

#include <algorithm>

namespace stave::net {
namespace {

struct LinkQueriesTest : testing::Test {
  PrivateNetwork network;
  RouteSocket socket;
};

TEST_F(LinkQueriesTest, CountersOfAnUnknownInterfaceAreNotFound) {
  EXPECT_GE(countersOf(socket, "lo").receivedBytes, 0u);
  try {
    countersOf(socket, "none");
    FAIL();
  } catch (const kj::Exception& exception) {
    EXPECT_EQ(codeOf(exception), ErrorCode::NOT_FOUND);
  }
}

TEST_F(LinkQueriesTest, RoutesWithoutDefaultAndLocalOnes) {
  socket.commit(addBridge({"br0"}));
  auto index = socket.index("br0");
  socket.commit(addAddress(index, Address::parse("10.7.0.1", "x"), 24));
  socket.commit(addDefaultRoute(index, Address::parse("10.7.0.254", "x")));
  socket.commit(
      addRoute(index, Prefix::parse("10.8.0.0/16", "x"), Address::parse("10.7.0.2", "x")));
  std::vector<std::string> found;
  for (auto& route : listRoutes(socket)) {
    EXPECT_EQ(route.index, index);
    if (route.destination.family() == Family::ipv4) found.push_back(route.destination.text());
  }
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, (std::vector<std::string>{"10.7.0.0/24", "10.8.0.0/16"}));
}

}  // namespace
}  // namespace stave::net
