#include "host_table.h"

#include <capnp/message.h>
#include <gtest/gtest.h>
#include <stave/json.h>

namespace stave::oci {
namespace {

class Hosts : public ::testing::Test {
 protected:
  ~Hosts() noexcept override {}

  HostTable table(const std::string& json) {
    auto settings = message_.initRoot<schema::OciRegistrySettings>();
    json::decodeText(json, settings, "settings");
    return HostTable(settings.asReader().getHosts());
  }

  capnp::MallocMessageBuilder message_;
};

TEST_F(Hosts, Defaults) {
  HostTable hosts = table("{}");
  EXPECT_EQ(hosts.upstreamOf("docker.io").url, "https://registry-1.docker.io");
  EXPECT_EQ(hosts.upstreamOf("quay.io").url, "https://quay.io");
  EXPECT_EQ(hosts.upstreamOf("localhost:5000").url, "http://localhost:5000");
  EXPECT_TRUE(hosts.upstreamOf("quay.io").tls.verify);
}

TEST_F(Hosts, TransportIsChosenPerHost) {
  HostTable hosts = table(R"({"hosts": [
      {"name": "localhost:5000", "transport": "https"},
      {"name": "localhost:5001", "caFile": "/ca.pem"},
      {"name": "plain.example", "transport": "http"},
      {"name": "careless.example", "transport": "insecure"}]})");
  EXPECT_EQ(hosts.upstreamOf("localhost:5000").url, "https://localhost:5000");
  EXPECT_EQ(hosts.upstreamOf("localhost:5001").url, "https://localhost:5001");
  EXPECT_EQ(hosts.upstreamOf("localhost:5001").tls.caFile, "/ca.pem");
  EXPECT_EQ(hosts.upstreamOf("plain.example").url, "http://plain.example");
  EXPECT_EQ(hosts.upstreamOf("careless.example").url, "https://careless.example");
  EXPECT_FALSE(hosts.upstreamOf("careless.example").tls.verify);
}

TEST_F(Hosts, MirrorsComeFirst) {
  HostTable hosts = table(R"({"hosts": [
      {"name": "docker.io", "mirrors": ["m.example", "http://n.example:5000/prefix/"]}]})");
  auto endpoints = hosts.endpointsOf("docker.io");
  ASSERT_EQ(endpoints.size(), 3u);
  EXPECT_EQ(endpoints[0].url, "https://m.example");
  EXPECT_EQ(endpoints[1].url, "http://n.example:5000/prefix");
  EXPECT_TRUE(endpoints[1].mirror);
  EXPECT_EQ(endpoints[2].url, "https://registry-1.docker.io");
}

TEST_F(Hosts, RefusesWithTheReason) {
  EXPECT_THROW(table(R"({"hosts": [{"name": "a", "clientKey": "/k"}]})"), kj::Exception);
  EXPECT_THROW(table(R"({"hosts": [{"name": "a", "mirrors": ["ftp://x"]}]})"), kj::Exception);
}

}  // namespace
}  // namespace stave::oci
