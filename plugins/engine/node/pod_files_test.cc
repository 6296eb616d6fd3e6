#include "pod_files.h"

#include <capnp/message.h>
#include <gtest/gtest.h>

namespace stave::node {
namespace {

struct PodFiles : testing::Test {
  ~PodFiles() noexcept override {}
  capnp::MallocMessageBuilder message;
  schema::Dns::Builder dns = message.initRoot<schema::Dns>();
  NetworkIdentity identity;

  bool has(const std::string& file, const std::string& line) {
    return ("\n" + file).find("\n" + line + "\n") != std::string::npos;
  }
};

TEST_F(PodFiles, TellsThePodItsName) {
  identity.addresses = {"10.88.0.2"};
  identity.gateway = "10.88.0.1";
  auto file =
      hostsFile("web", "example.org", identity, {{"db", "10.0.0.9"}, {"me", "host-gateway"}});
  EXPECT_TRUE(has(file, "127.0.0.1\tlocalhost"));
  EXPECT_TRUE(has(file, "10.88.0.2\tweb.example.org web"));
  EXPECT_TRUE(has(file, "10.0.0.9\tdb"));
  EXPECT_TRUE(has(file, "10.88.0.1\tme"));
}

TEST_F(PodFiles, PrefersTheNetworksOwnServers) {
  identity.nameservers = {"10.88.0.1"};
  EXPECT_EQ(resolvFile(dns, identity, "nameserver 9.9.9.9\n"), "nameserver 10.88.0.1\n");
}

TEST_F(PodFiles, TakesTheHostsServersThatAPodCanReach) {
  EXPECT_EQ(resolvFile(dns, identity, "nameserver 127.0.0.53\nnameserver 9.9.9.9\nsearch lan\n"),
            "search lan\nnameserver 9.9.9.9\n");
}

TEST_F(PodFiles, ThePodsOwnWishWins) {
  dns.initServers(1).set(0, "1.1.1.1");
  dns.initSearch(1).set(0, ".");
  dns.initOptions(1).set(0, "ndots:2");
  identity.nameservers = {"10.88.0.1"};
  EXPECT_EQ(resolvFile(dns, identity, "search lan\n"), "nameserver 1.1.1.1\noptions ndots:2\n");
}

TEST_F(PodFiles, ReadsEndpoints) {
  capnp::MallocMessageBuilder other;
  auto endpoint = other.initRoot<schema::EndpointStatus>();
  endpoint.setIpv4("10.88.0.2/16");
  endpoint.setGateway4("10.88.0.1");
  auto found = identityOf({endpoint.asReader()});
  EXPECT_EQ(found.addresses, std::vector<std::string>{"10.88.0.2"});
  EXPECT_EQ(found.gateway, "10.88.0.1");
}

}  // namespace
}  // namespace stave::node
