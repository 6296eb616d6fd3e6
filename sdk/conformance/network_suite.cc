// What every network driver promises: networks, sandboxes, addresses, attaching and detaching.
// Traffic through the host (ports, the outside, DNS) is in network_traffic_suite.cc.
#include "network_fixture.h"

#include <set>

namespace stave::conformance {

TEST_F(NetworkConformance, CreatingANetworkTwiceChangesNothing) {
  auto first = make("net");
  auto second = make("net");
  EXPECT_EQ(first.getStatus().getPhase(), schema::NetworkStatus::Phase::READY);
  EXPECT_EQ(second.getStatus().toString().flatten(), first.getStatus().toString().flatten());
  remove("net");
}

TEST_F(NetworkConformance, WhatIsNotThereIsNoErrorToRemove) {
  remove("nobody-made-me");
  detach("nobody-made-me", "nor-me");
  make("net");
  detach("net", "nor-me");
  EXPECT_EQ(endpointCount(), 0u);
}

TEST_F(NetworkConformance, AttachingToAnUnknownNetworkFails) {
  make("net");
  auto sandbox = makeSandbox("pod");
  auto status = attach(sandbox, "net", "probe");
  STAVE_SKIP_WITHOUT_ADDRESSES(status.getStatus());
  EXPECT_EQ(failureOfAttaching(sandbox, "nobody-made-me", "pod"), ErrorCode::NOT_FOUND);
}

TEST_F(NetworkConformance, AnUnknownOptionIsRefused) {
  make("probe");
  auto wrong = [](auto spec) { addOption(spec, "no-such-option", "x"); };
  EXPECT_EQ(failureOfMaking("net", wrong), ErrorCode::INVALID);
}

TEST_F(NetworkConformance, ASandboxHasLoopback) {
  auto sandbox = makeSandbox("pod");
  EchoServer server(sandbox.get(), Transport::tcp, "127.0.0.1", 0, "lo");
  EXPECT_EQ(askFrom(sandbox.get(), "127.0.0.1", server.port()), "lo:127.0.0.1:hello");
}

TEST_F(NetworkConformance, PodsOfOneNetworkTalk) {
  make("net");
  auto one = makeSandbox("one"), two = makeSandbox("two");
  auto first = attach(one, "net", "one");
  STAVE_SKIP_WITHOUT_ADDRESSES(first.getStatus());
  auto second = attach(two, "net", "two");
  auto address = plain(first.getStatus().getIpv4()), other = plain(second.getStatus().getIpv4());
  EXPECT_NE(address, other);
  EXPECT_EQ(std::string(first.getStatus().getInterfaceName()), "eth0");
  for (auto transport : {Transport::tcp, Transport::udp}) {
    EchoServer server(one.get(), transport, address, 7000, "one");
    EXPECT_EQ(askFrom(two.get(), address, 7000, transport), "one:" + other + ":hello");
  }
}

TEST_F(NetworkConformance, AttachingAgainAnswersTheSame) {
  make("net");
  auto sandbox = makeSandbox("pod");
  auto first = attach(sandbox, "net", "pod");
  auto second = attach(sandbox, "net", "pod");
  EXPECT_EQ(first.getStatus().toString().flatten(), second.getStatus().toString().flatten());
}

TEST_F(NetworkConformance, AWantedAddressIsGivenOnce) {
  STAVE_SKIP_WITHOUT_SUBNETS();
  make("net", [](auto spec) { setSubnet(spec, "10.77.0.0/24"); });
  auto one = makeSandbox("one"), two = makeSandbox("two");
  auto wish = [](auto request) {
    request.setIpv4("10.77.0.42");
    request.setMac("02:11:22:33:44:55");
  };
  auto status = attach(one, "net", "one", wish);
  STAVE_SKIP_WITHOUT_ADDRESSES(status.getStatus());
  EXPECT_EQ(std::string(status.getStatus().getIpv4()), "10.77.0.42/24");
  EXPECT_EQ(std::string(status.getStatus().getMac()), "02:11:22:33:44:55");
  EXPECT_EQ(failureOfAttaching(two, "net", "two", wish), ErrorCode::CONFLICT);
  auto elsewhere = [](auto request) { request.setIpv4("10.78.0.1"); };
  EXPECT_EQ(failureOfAttaching(two, "net", "two", elsewhere), ErrorCode::INVALID);
}

TEST_F(NetworkConformance, SaysWhenAddressesAreExhaustedAndLeavesNothing) {
  STAVE_SKIP_WITHOUT_SUBNETS();
  make("net", [](auto spec) { setSubnet(spec, "10.77.0.0/29"); });
  std::vector<Sandbox> sandboxes;
  std::set<std::string> addresses;
  for (int i = 0; i < 5; ++i) {
    auto pod = "pod" + std::to_string(i);
    sandboxes.push_back(makeSandbox(pod));
    auto status = attach(sandboxes.back(), "net", pod);
    STAVE_SKIP_WITHOUT_ADDRESSES(status.getStatus());
    addresses.insert(status.getStatus().getIpv4());
  }
  EXPECT_EQ(addresses.size(), 5u);
  auto last = makeSandbox("last");
  auto before = describeNetwork();
  EXPECT_EQ(failureOfAttaching(last, "net", "last"), ErrorCode::EXHAUSTED);
  EXPECT_EQ(describeNetwork(), before);
  EXPECT_EQ(endpointCount(), 5u);
  detach("net", "pod2");
  attach(last, "net", "last");
}

TEST_F(NetworkConformance, ReservedAddressesAndTheRangeAreKeptTo) {
  STAVE_SKIP_WITHOUT_SUBNETS();
  make("net", [](auto spec) {
    auto subnet = spec.initSubnets(1)[0];
    subnet.setCidr("10.77.0.0/24");
    subnet.setRange("10.77.0.8/30");
    auto reserved = subnet.initReserved(1)[0];
    reserved.setKey("printer");
    reserved.setValue("10.77.0.9");
  });
  auto sandbox = makeSandbox("pod");
  std::set<std::string> given;
  for (int i = 0; i < 3; ++i) {
    auto status = attach(sandbox, "net", "pod" + std::to_string(i));
    STAVE_SKIP_WITHOUT_ADDRESSES(status.getStatus());
    given.insert(plain(status.getStatus().getIpv4()));
  }
  EXPECT_EQ(given, (std::set<std::string>{"10.77.0.8", "10.77.0.10", "10.77.0.11"}));
}

TEST_F(NetworkConformance, OverlappingSubnetsAreRefused) {
  STAVE_SKIP_WITHOUT_SUBNETS();
  make("net", [](auto spec) { setSubnet(spec, "10.77.0.0/16"); });
  auto inside = [](auto spec) { setSubnet(spec, "10.77.5.0/24"); };
  EXPECT_EQ(failureOfMaking("other", inside), ErrorCode::CONFLICT);
  auto wrong = [](auto spec) { setSubnet(spec, "10.300.0.0/24"); };
  EXPECT_EQ(failureOfMaking("other", wrong), ErrorCode::INVALID);
}

TEST_F(NetworkConformance, ANetworkInUseIsNotRemoved) {
  make("net");
  auto sandbox = makeSandbox("pod");
  auto status = attach(sandbox, "net", "pod");
  STAVE_SKIP_WITHOUT_ADDRESSES(status.getStatus());
  auto request = network().removeNetworkRequest();
  request.setName("net");
  EXPECT_EQ(failureOf(request.send()), ErrorCode::CONFLICT);
  detach("net", "pod");
  remove("net");
}

TEST_F(NetworkConformance, DetachingWorksAfterTheSandboxIsGone) {
  auto before = describeNetwork();
  make("net");
  {
    auto sandbox = makeSandbox("pod");
    attach(sandbox, "net", "pod");
  }
  detach("net", "pod");
  EXPECT_EQ(endpointCount(), 0u);
  remove("net");
  EXPECT_EQ(describeNetwork(), before);
}

TEST_F(NetworkConformance, NothingIsLeftAfterTheLastNetwork) {
  auto before = describeNetwork();
  make("front");
  make("back", [](auto spec) { spec.setIpv6(true); });
  auto one = makeSandbox("one"), two = makeSandbox("two");
  attach(one, "front", "one", [](auto request) { addPort(request, 0, 80); });
  attach(two, "front", "two");
  attach(two, "back", "two", [](auto request) { request.setGateway(false); });
  for (auto [name, pod] :
       {std::pair("front", "one"), std::pair("front", "two"), std::pair("back", "two")}) {
    detach(name, pod);
  }
  remove("front");
  remove("back");
  EXPECT_EQ(describeNetwork(), before);
}

TEST_F(NetworkConformance, APodIsOnSeveralNetworks) {
  make("front");
  make("back");
  auto pod = makeSandbox("pod"), web = makeSandbox("web"), db = makeSandbox("db");
  auto first = attach(pod, "front", "pod");
  STAVE_SKIP_WITHOUT_ADDRESSES(first.getStatus());
  auto second = attach(pod, "back", "pod", [](auto request) { request.setGateway(false); });
  EXPECT_EQ(std::string(second.getStatus().getInterfaceName()), "eth1");
  auto webAddress = plain(attach(web, "front", "web").getStatus().getIpv4());
  auto dbAddress = plain(attach(db, "back", "db").getStatus().getIpv4());
  EchoServer atWeb(web.get(), Transport::tcp, webAddress, 7000, "web");
  EchoServer atDb(db.get(), Transport::tcp, dbAddress, 7000, "db");
  EXPECT_EQ(askFrom(pod.get(), webAddress, 7000),
            "web:" + plain(first.getStatus().getIpv4()) + ":hello");
  EXPECT_EQ(askFrom(pod.get(), dbAddress, 7000),
            "db:" + plain(second.getStatus().getIpv4()) + ":hello");
}

TEST_F(NetworkConformance, NetworksAreIsolatedFromEachOther) {
  make("front");
  make("back");
  auto web = makeSandbox("web"), db = makeSandbox("db");
  auto status = attach(web, "front", "web");
  STAVE_SKIP_WITHOUT_ADDRESSES(status.getStatus());
  auto address = plain(attach(db, "back", "db").getStatus().getIpv4());
  EchoServer server(db.get(), Transport::tcp, address, 7000, "db");
  EXPECT_EQ(askFrom(web.get(), address, 7000), std::nullopt);
}

TEST_F(NetworkConformance, CountsWhatPassed) {
  make("net");
  auto one = makeSandbox("one"), two = makeSandbox("two");
  auto status = attach(one, "net", "one");
  STAVE_SKIP_WITHOUT_ADDRESSES(status.getStatus());
  attach(two, "net", "two");
  auto address = plain(status.getStatus().getIpv4());
  EchoServer server(one.get(), Transport::udp, address, 7000, "one");
  for (int i = 0; i < 20; ++i) askFrom(two.get(), address, 7000, Transport::udp);
  auto request = network().statisticsRequest();
  request.setNetwork("net");
  request.setEndpoint("one/net");
  auto counted = wait(request.send());
  EXPECT_GE(counted.getStatistics().getReceivedPackets(), 20u);
  EXPECT_GE(counted.getStatistics().getSentBytes(), 20u * 40);
  request = network().statisticsRequest();
  request.setNetwork("net");
  request.setEndpoint("nobody");
  EXPECT_EQ(failureOf(request.send()), ErrorCode::NOT_FOUND);
}

TEST_F(NetworkConformance, ListsItsEndpointsAlsoAfterARestart) {
  make("net");
  auto sandbox = makeSandbox("pod");
  auto status = attach(sandbox, "net", "pod");
  STAVE_SKIP_WITHOUT_ADDRESSES(status.getStatus());
  restartSubject();
  auto listed = wait(network().endpointsRequest().send());
  ASSERT_EQ(listed.getEndpoints().size(), 1u);
  auto endpoint = listed.getEndpoints()[0];
  EXPECT_EQ(std::string(endpoint.getNetwork()), "net");
  EXPECT_EQ(std::string(endpoint.getEndpoint()), "pod/net");
  EXPECT_EQ(endpoint.getStatus().toString().flatten(), status.getStatus().toString().flatten());
}

}  // namespace stave::conformance
