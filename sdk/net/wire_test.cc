#include <capnp/message.h>
#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/net/wire.h>

namespace stave::net {
namespace {

struct WireTest : testing::Test {
  ~WireTest() noexcept override {}

  schema::EndpointRequest::Builder endpoint() {
    auto request = message.initRoot<schema::EndpointRequest>();
    request.setNetwork("net");
    request.setEndpoint("pod/net");
    return request;
  }
  std::string refusal() {
    try {
      readRequest(message.getRoot<schema::EndpointRequest>());
    } catch (const kj::Exception& exception) {
      EXPECT_EQ(codeOf(exception), ErrorCode::INVALID);
      return textOf(exception);
    }
    return "";
  }
  void expectRefusal(std::string_view field) {
    EXPECT_NE(refusal().find(field), std::string::npos) << field;
  }

  capnp::MallocMessageBuilder message;
};

TEST_F(WireTest, ReadsARequest) {
  auto request = endpoint();
  request.setIpv4("10.0.0.2");
  request.setMac("02:00:00:00:00:01");
  auto port = request.initPorts(1)[0];
  port.setHostAddress("127.0.0.1");
  port.setHostPort(8080);
  port.setContainerPort(80);
  port.setProtocol(schema::PortMapping::Protocol::UDP);
  auto read = readRequest(request);
  EXPECT_EQ(read.ipv4.text(), "10.0.0.2");
  EXPECT_FALSE(read.ipv6);
  ASSERT_EQ(read.ports.size(), 1u);
  EXPECT_EQ(read.ports[0].protocol, Protocol::udp);
  EXPECT_EQ(read.ports[0].hostAddress.text(), "127.0.0.1");
}

TEST_F(WireTest, NamesTheFieldThatIsWrong) {
  endpoint().setIpv4("fd00::1");
  expectRefusal("ipv4");
  endpoint().setIpv6("nonsense");
  expectRefusal("ipv6");
  endpoint().setMac("01:00:00:00:00:01");
  expectRefusal("mac");
  endpoint().setInterfaceName("../../../etc/passwd");
  expectRefusal("interfaceName");
  endpoint().setEndpoint("");
  expectRefusal("endpoint");
  endpoint().initPorts(1)[0].setHostPort(80);
  expectRefusal("containerPort");
  auto range = endpoint().initPorts(1)[0];
  range.setContainerPort(80);
  range.setHostPort(90);
  range.setHostPortEnd(80);
  expectRefusal("90-80");
}

TEST_F(WireTest, WritesWhatAnEndpointHas) {
  EndpointView view;
  view.network.subnets.push_back(
      {Prefix::parse("10.0.0.0/24", "x"), Address::parse("10.0.0.1", "x"), {}, {}});
  view.endpoint.ipv4 = Address::parse("10.0.0.2", "x");
  view.endpoint.published = {{{}, 8080, 0, 80, Protocol::tcp}};
  view.nameservers = {"10.0.0.1"};
  auto status = message.initRoot<schema::EndpointStatus>();
  write(view, status);
  EXPECT_EQ(std::string(status.getIpv4().cStr()), "10.0.0.2/24");
  EXPECT_EQ(std::string(status.getGateway4().cStr()), "10.0.0.1");
  EXPECT_EQ(std::string(status.getIpv6().cStr()), "");
  EXPECT_EQ(status.getPorts()[0].getHostPort(), 8080);
  view.network.internal = true;
  write(view, status);
  EXPECT_EQ(std::string(status.getGateway4().cStr()), "") << "an internal network leads nowhere";
}

}  // namespace
}  // namespace stave::net
