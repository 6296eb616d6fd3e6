#include <gtest/gtest.h>
#include <stave/net/dns_directory.h>

namespace stave::net {
namespace {

Address address(std::string_view text) {
  return Address::parse(text, "test");
}

EndpointRecord endpoint(std::string network, std::string id, std::string_view ipv4,
                        std::vector<std::string> names, uint64_t sandbox) {
  EndpointRecord record;
  record.network = std::move(network);
  record.endpoint = std::move(id);
  record.ipv4 = address(ipv4);
  record.names = std::move(names);
  record.sandbox = sandbox;
  return record;
}

struct DnsDirectoryTest : testing::Test {
  DnsDirectoryTest() {
    for (auto& [name, cidr, internal] :
         {std::tuple{"front", "10.1.0.0/24", false}, std::tuple{"back", "10.2.0.0/24", true}}) {
      NetworkRecord network;
      network.name = name;
      network.internal = internal;
      network.subnets.push_back({Prefix::parse(cidr, "x"), {}, {}, {}});
      directory.setNetwork(network);
    }
    directory.setEndpoint(endpoint("front", "w1", "10.1.0.2", {"web1", "Web"}, 1));
    directory.setEndpoint(endpoint("front", "w2", "10.1.0.3", {"web2", "web"}, 2));
    directory.setEndpoint(endpoint("back", "w2", "10.2.0.3", {"web2"}, 2));
    directory.setEndpoint(endpoint("back", "db", "10.2.0.4", {"db"}, 3));
  }
  DnsDirectory directory;
};

TEST_F(DnsDirectoryTest, GivesAllOfAnAliasEachFirstInTurn) {
  auto asker = directory.asker(address("10.1.0.2"));
  ASSERT_TRUE(asker);
  auto first = directory.resolve(*asker, "WEB.", Family::ipv4).addresses;
  auto second = directory.resolve(*asker, "web", Family::ipv4).addresses;
  ASSERT_EQ(first.size(), 2u);
  EXPECT_NE(first.front(), second.front());
}

TEST_F(DnsDirectoryTest, KnowsOnlyTheNetworksOfTheAsker) {
  EXPECT_FALSE(directory.asker(address("10.9.9.9")));
  auto onlyFront = *directory.asker(address("10.1.0.2"));
  EXPECT_FALSE(directory.resolve(onlyFront, "db", Family::ipv4).known);
  auto both = *directory.asker(address("10.1.0.3"));  // its sandbox is in "back" too
  EXPECT_EQ(directory.resolve(both, "db", Family::ipv4).addresses.front(), address("10.2.0.4"));
  EXPECT_TRUE(both.outside);
  EXPECT_FALSE(directory.asker(address("10.2.0.4"))->outside);
}

TEST_F(DnsDirectoryTest, TellsAMissingFamilyFromAMissingName) {
  auto asker = *directory.asker(address("10.1.0.2"));
  auto six = directory.resolve(asker, "web1", Family::ipv6);
  EXPECT_TRUE(six.known);
  EXPECT_TRUE(six.addresses.empty());
  EXPECT_FALSE(directory.resolve(asker, "nope", Family::ipv4).known);
}

TEST_F(DnsDirectoryTest, AnswersReverseQuestionsOfItsOwnSubnetsOnly) {
  auto asker = *directory.asker(address("10.1.0.2"));
  EXPECT_EQ(directory.reverse(asker, address("10.1.0.3")).name, "web2");
  EXPECT_TRUE(directory.reverse(asker, address("10.2.0.4")).name.empty());
  EXPECT_TRUE(directory.reverse(asker, address("10.2.0.4")).ours);
  EXPECT_FALSE(directory.reverse(asker, address("192.0.2.1")).ours);
}

TEST_F(DnsDirectoryTest, ForgetsWhatIsRemovedOrRenamed) {
  auto asker = *directory.asker(address("10.1.0.3"));
  directory.setEndpoint(endpoint("front", "w1", "10.1.0.2", {"other"}, 1));
  EXPECT_FALSE(directory.resolve(asker, "web1", Family::ipv4).known);
  EXPECT_EQ(directory.resolve(asker, "web", Family::ipv4).addresses.size(), 1u);
  directory.removeEndpoint({"front", "w1"});
  EXPECT_FALSE(directory.asker(address("10.1.0.2")));
  EXPECT_FALSE(directory.resolve(asker, "other", Family::ipv4).known);
}

}  // namespace
}  // namespace stave::net
