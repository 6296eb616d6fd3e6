// What network drivers that publish ports, reach the outside and answer names promise. A driver
// that does not do one of these at all skips its tests.
#include "network_fixture.h"

#include <stave/os/socket.h>

#include <algorithm>
#include <chrono>

namespace stave::conformance {

namespace {

constexpr uint16_t published = 18080;

std::string gateway(const Attached& attached) {
  return attached.getStatus().getGateway4();
}

}  // namespace

#define STAVE_SKIP_WITHOUT_PORTS(status) \
  if ((status).getPorts().size() == 0) GTEST_SKIP() << "this driver publishes no ports"
#define STAVE_SKIP_WITHOUT_DNS(status) \
  if ((status).getNameservers().size() == 0) GTEST_SKIP() << "this driver answers no names"

TEST_F(NetworkConformance, APublishedPortIsReachedFromEverywhere) {
  make("net");
  auto web = makeSandbox("web"), other = makeSandbox("other");
  auto status = attach(web, "net", "web", [](auto request) { addPort(request, published, 80); });
  STAVE_SKIP_WITHOUT_PORTS(status.getStatus());
  attach(other, "net", "other");
  EchoServer server(web.get(), Transport::tcp, "0.0.0.0", 80, "web");
  EXPECT_EQ(askFrom(outside(), "192.0.2.1", published), "web:192.0.2.2:hello");  // its own address
  for (auto& address : {std::string("127.0.0.1"), gateway(status), std::string("192.0.2.1")}) {
    EXPECT_NE(askFrom(host(), address, published), std::nullopt) << address;
  }
  EXPECT_NE(askFrom(other.get(), gateway(status), published), std::nullopt);
  EXPECT_NE(askFrom(other.get(), "192.0.2.1", published), std::nullopt);
  EXPECT_NE(askFrom(web.get(), gateway(status), published), std::nullopt) << "the pod itself";
  EXPECT_EQ(askFrom(outside(), "192.0.2.1", published + 1), std::nullopt);
}

TEST_F(NetworkConformance, APublishedPortIsReachedFromAnotherNetwork) {
  make("front");
  make("back");
  auto web = makeSandbox("web"), other = makeSandbox("other");
  auto status = attach(web, "front", "web", [](auto request) { addPort(request, published, 80); });
  STAVE_SKIP_WITHOUT_PORTS(status.getStatus());
  attach(other, "back", "other");
  EchoServer server(web.get(), Transport::tcp, "0.0.0.0", 80, "web");
  EXPECT_NE(askFrom(other.get(), "192.0.2.1", published), std::nullopt);
}

TEST_F(NetworkConformance, UdpIsPublishedToo) {
  make("net");
  auto pod = makeSandbox("pod");
  auto status = attach(pod, "net", "pod", [](auto request) {
    addPort(request, published, 53).setProtocol(schema::PortMapping::Protocol::UDP);
  });
  STAVE_SKIP_WITHOUT_PORTS(status.getStatus());
  EchoServer server(pod.get(), Transport::udp, plain(status.getStatus().getIpv4()), 53, "pod");
  EXPECT_EQ(askFrom(outside(), "192.0.2.1", published, Transport::udp), "pod:192.0.2.2:hello");
  EXPECT_NE(askFrom(host(), "127.0.0.1", published, Transport::udp), std::nullopt);
}

TEST_F(NetworkConformance, APortIsPublishedOnOneAddressOnly) {
  make("net");
  auto pod = makeSandbox("pod");
  auto status = attach(pod, "net", "pod", [](auto request) {
    addPort(request, published, 80).setHostAddress("127.0.0.1");
  });
  STAVE_SKIP_WITHOUT_PORTS(status.getStatus());
  EXPECT_EQ(std::string(status.getStatus().getPorts()[0].getHostAddress()), "127.0.0.1");
  EchoServer server(pod.get(), Transport::tcp, "0.0.0.0", 80, "pod");
  EXPECT_NE(askFrom(host(), "127.0.0.1", published), std::nullopt);
  EXPECT_EQ(askFrom(outside(), "192.0.2.1", published), std::nullopt);
}

TEST_F(NetworkConformance, AFreePortIsChosenAndARangeIsTried) {
  make("net");
  auto one = makeSandbox("one"), two = makeSandbox("two");
  auto range = [](auto request) { addPort(request, published, 80).setHostPortEnd(published + 1); };
  auto first = attach(one, "net", "one", range);
  STAVE_SKIP_WITHOUT_PORTS(first.getStatus());
  auto second = attach(two, "net", "two", range);
  EXPECT_EQ(first.getStatus().getPorts()[0].getHostPort(), published);
  EXPECT_EQ(second.getStatus().getPorts()[0].getHostPort(), published + 1);
  auto three = makeSandbox("three");
  EXPECT_EQ(failureOfAttaching(three, "net", "three", range), ErrorCode::CONFLICT);
  auto free = attach(three, "net", "three", [](auto request) { addPort(request, 0, 80); });
  EXPECT_NE(free.getStatus().getPorts()[0].getHostPort(), 0);
}

TEST_F(NetworkConformance, APortInUseIsAConflictThatLeavesNothing) {
  make("net");
  auto one = makeSandbox("one"), two = makeSandbox("two");
  auto publish = [](auto request) { addPort(request, published, 80); };
  auto status = attach(one, "net", "one", publish);
  STAVE_SKIP_WITHOUT_PORTS(status.getStatus());
  auto before = describeNetwork();
  EXPECT_EQ(failureOfAttaching(two, "net", "two", publish), ErrorCode::CONFLICT);
  auto listener = os::reservePort(SOCK_STREAM, "0.0.0.0", published + 1);
  auto taken = [](auto request) { addPort(request, published + 1, 80); };
  EXPECT_EQ(failureOfAttaching(two, "net", "two", taken), ErrorCode::CONFLICT);
  EXPECT_EQ(describeNetwork(), before);
  EXPECT_EQ(endpointCount(), 1u);
  EXPECT_THROW(os::reservePort(SOCK_STREAM, "0.0.0.0", published), kj::Exception);
  detach("net", "one");
  attach(two, "net", "two", publish);
}

TEST_F(NetworkConformance, AttachingAgainChangesPortsAndNames) {
  make("net");
  auto web = makeSandbox("web");
  auto status = attach(web, "net", "web", [](auto request) { addPort(request, published, 80); });
  STAVE_SKIP_WITHOUT_PORTS(status.getStatus());
  EchoServer server(web.get(), Transport::tcp, "0.0.0.0", 80, "web");
  auto changed = attach(web, "net", "web", [](auto request) {
    addPort(request, published + 1, 80);
    request.initNames(1).set(0, "renamed");
  });
  EXPECT_EQ(std::string(changed.getStatus().getIpv4()), std::string(status.getStatus().getIpv4()));
  EXPECT_EQ(askFrom(outside(), "192.0.2.1", published), std::nullopt);
  EXPECT_NE(askFrom(outside(), "192.0.2.1", published + 1), std::nullopt);
  STAVE_SKIP_WITHOUT_DNS(changed.getStatus());
  auto server4 = gateway(changed);
  EXPECT_EQ(onThread([&] { return lookUp(web.get(), Transport::udp, server4, "renamed"); }).code,
            0);
}

TEST_F(NetworkConformance, PodsReachTheOutsideUnderTheHostsAddress) {
  auto made = make("net", [](auto spec) { spec.setIpv6(true); });
  auto pod = makeSandbox("pod");
  auto status = attach(pod, "net", "pod");
  STAVE_SKIP_WITHOUT_ADDRESSES(status.getStatus());
  bool outsideItself = std::string(made.getStatus().getInterfaceName()) == "uplink0";
  if (gateway(status).empty() || outsideItself) {
    GTEST_SKIP() << "this driver leaves the way to the outside to others";
  }
  for (auto [remote, mine] :
       {std::pair("192.0.2.2", "192.0.2.1"), std::pair("2001:db8::2", "2001:db8::1")}) {
    EchoServer server(outside(), Transport::tcp, remote, 7000, "world");
    EXPECT_EQ(askFrom(pod.get(), remote, 7000), "world:" + std::string(mine) + ":hello");
  }
}

TEST_F(NetworkConformance, AnInternalNetworkHasNoWayOut) {
  make("net", [](auto spec) { spec.setInternal(true); });
  auto one = makeSandbox("one"), two = makeSandbox("two");
  auto status = attach(one, "net", "one");
  STAVE_SKIP_WITHOUT_ADDRESSES(status.getStatus());
  attach(two, "net", "two");
  auto address = plain(status.getStatus().getIpv4());
  EchoServer inside(one.get(), Transport::tcp, address, 7000, "one");
  EchoServer world(outside(), Transport::tcp, "192.0.2.2", 7000, "world");
  EXPECT_NE(askFrom(two.get(), address, 7000), std::nullopt);
  EXPECT_EQ(askFrom(two.get(), "192.0.2.2", 7000), std::nullopt);
}

TEST_F(NetworkConformance, IPv6WorksLikeIPv4) {
  make("net", [](auto spec) { spec.setIpv6(true); });
  auto web = makeSandbox("web"), other = makeSandbox("other");
  auto status = attach(web, "net", "web", [](auto request) { addPort(request, published, 80); });
  STAVE_SKIP_WITHOUT_ADDRESSES(status.getStatus());
  auto second = attach(other, "net", "other");
  auto address = plain(status.getStatus().getIpv6());
  ASSERT_FALSE(address.empty());
  EchoServer server(web.get(), Transport::tcp, "::", 80, "web");
  EXPECT_EQ(askFrom(other.get(), address, 80),
            "web:" + plain(second.getStatus().getIpv6()) + ":hello");
  STAVE_SKIP_WITHOUT_PORTS(status.getStatus());
  EXPECT_EQ(askFrom(outside(), "2001:db8::1", published), "web:2001:db8::2:hello");
  EXPECT_NE(askFrom(other.get(), status.getStatus().getGateway6(), published), std::nullopt);
}

TEST_F(NetworkConformance, NamesAreKnownWithinTheirNetworks) {
  make("front", [](auto spec) { spec.setIpv6(true); });
  make("back");
  auto web = makeSandbox("web"), twin = makeSandbox("twin"), db = makeSandbox("db");
  auto alias = [](auto request) {
    auto names = request.initNames(2);
    names.set(0, request.asReader().getPodName());
    names.set(1, "www");
  };
  auto first = attach(web, "front", "web", alias);
  STAVE_SKIP_WITHOUT_DNS(first.getStatus());
  attach(twin, "front", "twin", alias);
  attach(db, "back", "db");
  auto server = gateway(first);
  auto question = [&](Transport transport, std::string name, int type) {
    return onThread([&] { return lookUp(twin.get(), transport, server, name, type); });
  };
  for (auto transport : {Transport::udp, Transport::tcp}) {
    EXPECT_EQ(question(transport, "WEB", 1).addresses,
              std::vector{plain(first.getStatus().getIpv4())});
    EXPECT_EQ(question(transport, "web", 28).addresses,
              std::vector{plain(first.getStatus().getIpv6())});
  }
  auto once = question(Transport::udp, "www", 1).addresses;
  auto again = question(Transport::udp, "www", 1).addresses;
  ASSERT_EQ(once.size(), 2u);
  EXPECT_NE(once[0], again[0]) << "each comes first in turn";
  EXPECT_NE(question(Transport::udp, "db", 1).code, 0) << "of another network";
  attach(twin, "back", "twin", [](auto request) { request.setGateway(false); });
  EXPECT_EQ(question(Transport::udp, "db", 1).code, 0);
  detach("front", "web");
  EXPECT_EQ(question(Transport::udp, "www", 1).addresses.size(), 1u);
}

TEST_F(NetworkConformance, ARestartDisturbsNobody) {
  make("net");
  auto web = makeSandbox("web"), other = makeSandbox("other");
  auto status = attach(web, "net", "web", [](auto request) { addPort(request, published, 80); });
  STAVE_SKIP_WITHOUT_ADDRESSES(status.getStatus());
  attach(other, "net", "other");
  auto address = plain(status.getStatus().getIpv4());
  EchoServer server(web.get(), Transport::tcp, "0.0.0.0", 80, "web");
  auto within = onThread([&] { return std::make_unique<Conversation>(other.get(), address, 80); });
  auto before = describeNetwork();
  killSubject();
  EXPECT_NE(within->say("while it is down"), std::nullopt);
  restartSubject();
  EXPECT_NE(within->say("afterwards"), std::nullopt);
  EXPECT_EQ(describeNetwork(), before);
  auto third = makeSandbox("third");
  auto next = attach(third, "net", "third");
  EXPECT_NE(plain(next.getStatus().getIpv4()), address);
  STAVE_SKIP_WITHOUT_PORTS(status.getStatus());
  EXPECT_NE(askFrom(outside(), "192.0.2.1", published), std::nullopt);
  auto same = [](auto request) { addPort(request, published, 80); };
  EXPECT_EQ(failureOfAttaching(third, "net", "another", same), ErrorCode::CONFLICT);
  STAVE_SKIP_WITHOUT_DNS(status.getStatus());
  auto nameserver = gateway(status);
  EXPECT_EQ(
      onThread([&] { return lookUp(third.get(), Transport::udp, nameserver, "web"); }).addresses,
      std::vector{address});
}

TEST_F(NetworkConformance, AttachingAndDetachingTakeMilliseconds) {
  make("net");
  std::vector<double> attaching, detaching, making;
  auto timed = [](std::vector<double>& into, auto&& work) {
    auto begin = std::chrono::steady_clock::now();
    work();
    into.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
            .count());
  };
  for (int i = 0; i < 30; ++i) {
    Sandbox sandbox{nullptr, {}};
    timed(making, [&] { sandbox = makeSandbox("pod"); });
    timed(attaching, [&] {
      attach(sandbox, "net", "pod", [](auto request) { addPort(request, published, 80); });
    });
    timed(detaching, [&] { detach("net", "pod"); });
  }
  for (auto [name, times] : {std::pair("sandbox", &making), std::pair("attach", &attaching),
                             std::pair("detach", &detaching)}) {
    std::sort(times->begin(), times->end());
    RecordProperty(name, std::to_string((*times)[times->size() / 2]));
    printf("%s: median %.2f ms, worst %.2f ms\n", name, (*times)[times->size() / 2], times->back());
    EXPECT_LT((*times)[times->size() / 2], 100) << name;
  }
}

}  // namespace stave::conformance
