#include "ports.h"

#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/net/private_network.h>
#include <stave/os/socket.h>

namespace stave::bridge {
namespace {

using net::Address;
using net::EndpointRecord;
using net::Protocol;
using net::PublishedPort;

struct PortsTest : testing::Test {
  ~PortsTest() noexcept override {}

  EndpointRecord endpoint(std::string pod, std::vector<PublishedPort> wishes) {
    EndpointRecord record;
    record.network = "net";
    record.endpoint = record.podName = std::move(pod);
    record.ipv4 = Address::parse("10.0.0.2", "x");
    record.ports = std::move(wishes);
    return record;
  }

  std::pair<ErrorCode, std::string> refusal(EndpointRecord record) {
    try {
      ports.assign(record);
    } catch (const kj::Exception& exception) {
      return {codeOf(exception), textOf(exception)};
    }
    return {ErrorCode::INTERNAL, "nothing was refused"};
  }

  bool isFree(uint16_t port) {
    try {
      os::reservePort(SOCK_STREAM, "0.0.0.0", port);
      return true;
    } catch (const kj::Exception&) {
      return false;
    }
  }

  net::PrivateNetwork network;
  Ports ports;
};

PublishedPort tcp(uint16_t hostPort, uint16_t end = 0, uint16_t containerPort = 80) {
  return {{}, hostPort, end, containerPort, Protocol::tcp};
}

TEST_F(PortsTest, HoldsWhatIsPublishedUntilItIsReleased) {
  auto web = endpoint("web", {tcp(8080), tcp(0)});
  ports.assign(web);
  ASSERT_EQ(web.published.size(), 2u);
  EXPECT_EQ(web.published[0].hostPort, 8080);
  EXPECT_NE(web.published[1].hostPort, 0);
  EXPECT_FALSE(isFree(8080));
  ports.release(keyOf(web));
  EXPECT_TRUE(isFree(8080));
}

TEST_F(PortsTest, NamesThePodThatHasThePort) {
  auto web = endpoint("web", {tcp(8080)});
  ports.assign(web);
  auto [code, text] = refusal(endpoint("other", {tcp(9090), tcp(8080)}));
  EXPECT_EQ(code, ErrorCode::CONFLICT);
  EXPECT_NE(text.find("8080/tcp"), std::string::npos);
  EXPECT_NE(text.find("pod web"), std::string::npos);
  EXPECT_TRUE(isFree(9090)) << "what was taken before the refusal is let go";
}

TEST_F(PortsTest, KeepsWhatStaysWhenTheWishChanges) {
  auto web = endpoint("web", {tcp(8080), tcp(8081)});
  ports.assign(web);
  web.ports = {tcp(8080, 0, 81), tcp(8082)};
  ports.assign(web);
  EXPECT_EQ(web.published[0].containerPort, 81);
  EXPECT_FALSE(isFree(8080));
  EXPECT_TRUE(isFree(8081));
  EXPECT_FALSE(isFree(8082));
  auto held = os::reservePort(SOCK_STREAM, "0.0.0.0", 8083);
  web.ports = {tcp(8083)};
  EXPECT_EQ(refusal(web).first, ErrorCode::CONFLICT);
  EXPECT_FALSE(isFree(8080)) << "a refused change changes nothing";
}

TEST_F(PortsTest, TakesTheFirstFreeOneOfARange) {
  auto one = endpoint("one", {tcp(8080, 8081)}), two = endpoint("two", {tcp(8080, 8081)});
  ports.assign(one);
  ports.assign(two);
  EXPECT_EQ(one.published[0].hostPort, 8080);
  EXPECT_EQ(two.published[0].hostPort, 8081);
  EXPECT_EQ(two.published[0].hostPortEnd, 0);
  EXPECT_EQ(refusal(endpoint("three", {tcp(8080, 8081)})).first, ErrorCode::CONFLICT);
}

TEST_F(PortsTest, TellsAddressesAndProtocolsApart) {
  PublishedPort here{Address::parse("127.0.0.1", "x"), 8080, 0, 80, Protocol::tcp};
  PublishedPort there{Address::parse("127.0.0.2", "x"), 8080, 0, 80, Protocol::tcp};
  PublishedPort datagrams{{}, 8080, 0, 80, Protocol::udp};
  auto one = endpoint("one", {here}), two = endpoint("two", {there, datagrams});
  ports.assign(one);
  ports.assign(two);
  EXPECT_EQ(refusal(endpoint("three", {tcp(8080)})).first, ErrorCode::CONFLICT);
  PublishedPort six{Address::parse("::1", "x"), 8080, 0, 80, Protocol::tcp};
  EXPECT_EQ(refusal(endpoint("four", {six})).first, ErrorCode::INVALID);
  PublishedPort foreign{Address::parse("203.0.113.5", "x"), 8080, 0, 80, Protocol::tcp};
  EXPECT_EQ(refusal(endpoint("five", {foreign})).first, ErrorCode::INVALID);
}

TEST_F(PortsTest, RestoresWhatARecordSays) {
  auto web = endpoint("web", {tcp(0)});
  ports.assign(web);
  auto port = web.published[0].hostPort;
  ports = Ports();
  EXPECT_TRUE(isFree(port));
  EXPECT_TRUE(ports.restore(web).empty());
  EXPECT_FALSE(isFree(port));
  Ports second;
  EXPECT_EQ(second.restore(web).size(), 1u) << "held by another";
}

}  // namespace
}  // namespace stave::bridge
