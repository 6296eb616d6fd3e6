#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/net/ipam.h>

namespace stave::net {
namespace {

NetworkRecord network() {
  NetworkRecord record;
  record.name = "net";
  record.subnets.push_back(
      {Prefix::parse("10.0.0.0/30", "x"), Address::parse("10.0.0.1", "x"), {}, {}});
  record.subnets.push_back({Prefix::parse("fd00::/126", "x"),
                            Address::parse("fd00::1", "x"),
                            {},
                            {{"kept", Address::parse("fd00::2", "x")}}});
  return record;
}

EndpointRequest request(std::string endpoint) {
  EndpointRequest result;
  result.network = "net";
  result.endpoint = std::move(endpoint);
  return result;
}

TEST(Ipam, FillsInBothFamiliesAndTheMac) {
  Ipam ipam;
  ipam.add(network());
  auto endpoint = request("a");
  ipam.assign(endpoint);
  EXPECT_EQ(endpoint.ipv4.text(), "10.0.0.2");
  EXPECT_EQ(endpoint.ipv6.text(), "fd00::3");
  EXPECT_EQ(endpoint.mac, macFor(endpoint.ipv4));
}

TEST(Ipam, TakesNothingWhenOneFamilyFails) {
  Ipam ipam;
  ipam.add(network());
  auto endpoint = request("a");
  endpoint.ipv6 = Address::parse("fd00::2", "x");
  EXPECT_THROW(ipam.assign(endpoint), kj::Exception);
  auto other = request("b");
  ipam.assign(other);
  EXPECT_EQ(other.ipv4.text(), "10.0.0.2");
}

TEST(Ipam, ReleasesAndRestores) {
  Ipam ipam;
  ipam.add(network());
  auto endpoint = request("a");
  ipam.assign(endpoint);
  auto second = request("b");
  EXPECT_THROW(ipam.assign(second), kj::Exception);
  ipam.release(endpoint);
  ipam.restore(endpoint);
  EXPECT_THROW(ipam.restore(endpoint), kj::Exception);
  auto stranger = request("c");
  stranger.network = "other";
  EXPECT_THROW(ipam.assign(stranger), kj::Exception);
}

}  // namespace
}  // namespace stave::net
