#include <gtest/gtest.h>
#include <unistd.h>

#include "bridge_networks_fixture.h"

namespace stave::bridge {
namespace {

using RecoveryTest = BridgeNetworksTest;

TEST_F(RecoveryTest, AHalfMadeEndpointIsRemovedAtTheNextStart) {
  networks->create(wish("net"));
  auto sandbox = net::makeSandbox();
  auto made = networks->attach(sandbox.get(), request("web")).endpoint;
  made.ready = false;
  net::RecordStore(options.stateDirectory).save(made);
  start();
  EXPECT_TRUE(networks->endpoints().empty());
  EXPECT_FALSE(exists(made.hostInterface));
  EXPECT_EQ(networks->attach(sandbox.get(), request("web")).endpoint.ipv4, made.ipv4);
}

TEST_F(RecoveryTest, AnEndpointWhoseSandboxDiedMeanwhileIsForgotten) {
  networks->create(wish("net"));
  {
    auto sandbox = net::makeSandbox();
    networks->attach(sandbox.get(), request("web"));
  }
  for (int i = 0; i < 500 && Links().list().size() > 2; ++i)
    usleep(10000);  // the kernel ends it late
  start();
  EXPECT_TRUE(networks->endpoints().empty());
}

TEST_F(RecoveryTest, AfterARebootBridgesAndRulesAreMadeAnew) {
  auto network = networks->create(wish("net"));
  Links().remove(network.interfaceName);
  net::Nftables().run("flush ruleset\n");
  start();
  EXPECT_TRUE(problems.empty());
  EXPECT_TRUE(exists(network.interfaceName));
  EXPECT_NE(rules().find(network.interfaceName), std::string::npos);
}

TEST_F(RecoveryTest, AStrayInterfaceOnOurBridgeIsRemoved) {
  auto network = networks->create(wish("net"));
  net::LinkOptions near, far;
  near.name = "svb0123456789ab";
  far.name = "stray";
  net::RouteSocket socket;
  near.master = socket.index(network.interfaceName);
  socket.commit(net::addVeth(near, far));
  start();
  EXPECT_FALSE(exists(near.name));
}

}  // namespace
}  // namespace stave::bridge
