#include <gtest/gtest.h>
#include <kj/exception.h>
#include <stave/net/records.h>
#include <stave/os/file.h>

#include <cstdlib>

namespace stave::net {
namespace {

struct RecordStoreTest : testing::Test {
  RecordStoreTest() {
    char path[] = "/tmp/stave-records.XXXXXX";
    directory = mkdtemp(path);
  }
  ~RecordStoreTest() override { os::removeTree(directory); }
  std::string directory;
};

EndpointRecord sampleEndpoint() {
  EndpointRecord endpoint;
  endpoint.network = "front/../net";
  endpoint.endpoint = "pod-1.front";
  endpoint.podName = "web";
  endpoint.ipv4 = Address::parse("10.0.0.2", "x");
  endpoint.mac = parseMac("02:00:00:00:00:01");
  endpoint.names = {"web", "www"};
  endpoint.ports = {{Address::parse("127.0.0.1", "x"), 0, 0, 80, Protocol::udp}};
  endpoint.published = endpoint.ports;
  endpoint.published[0].hostPort = 40000;
  endpoint.sandbox = ~0ull;
  endpoint.ready = true;
  return endpoint;
}

TEST_F(RecordStoreTest, GivesBackWhatItWasGiven) {
  RecordStore store(directory);
  NetworkRecord network{"front", {}, true, 1400, "sv-1", {{"isolation", "false"}}};
  network.subnets.push_back({Prefix::parse("10.0.0.0/24", "x"),
                             Address::parse("10.0.0.1", "x"),
                             Prefix(),
                             {{"printer", Address::parse("10.0.0.9", "x")}}});
  store.save(network);
  auto endpoint = sampleEndpoint();
  store.save(endpoint);

  RecordStore again(directory);
  EXPECT_EQ(again.loadNetworks().at("front"), network);
  auto loaded = again.loadEndpoints().at(keyOf(endpoint));
  EXPECT_EQ(loaded.names, endpoint.names);
  EXPECT_EQ(loaded.published, endpoint.published);
  EXPECT_EQ(loaded.sandbox, endpoint.sandbox);
  EXPECT_EQ(loaded.mac, endpoint.mac);
  EXPECT_TRUE(loaded.ready);

  again.removeNetwork("front");
  again.removeEndpoint(keyOf(endpoint));
  EXPECT_TRUE(again.loadNetworks().empty());
  EXPECT_TRUE(again.loadEndpoints().empty());
}

TEST_F(RecordStoreTest, NamesADamagedFile) {
  RecordStore store(directory);
  os::replaceFile(directory + "/networks/x.json", "{");
  try {
    store.loadNetworks();
    FAIL();
  } catch (const kj::Exception& exception) {
    EXPECT_NE(std::string(exception.getDescription().cStr()).find("x.json"), std::string::npos);
  }
}

TEST(FileNameFor, NeverLeavesTheDirectoryAndStaysApart) {
  EXPECT_EQ(fileNameFor("web-1.front"), "web-1.front");
  EXPECT_EQ(fileNameFor("../x"), "%2E.%2Fx");
  EXPECT_NE(fileNameFor(std::string(300, 'a')), fileNameFor(std::string(301, 'a')));
  EXPECT_LT(fileNameFor(std::string(300, '/')).size(), 120u);
}

}  // namespace
}  // namespace stave::net
