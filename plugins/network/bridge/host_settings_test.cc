#include "host_settings.h"

#include <gtest/gtest.h>
#include <stave/net/links.h>
#include <stave/net/private_network.h>
#include <stave/os/file.h>

namespace stave::bridge {
namespace {

std::string setting(const std::string& key) {
  return os::readFile("/proc/sys/net/" + key);
}

TEST(HostSettings, ForwardIPv6OnlyWhenAskedFor) {
  net::PrivateNetwork network;
  enableForwarding(false);
  EXPECT_EQ(setting("ipv4/ip_forward"), "1\n");
  EXPECT_EQ(setting("ipv6/conf/all/forwarding"), "0\n");
  enableForwarding(true);
  EXPECT_EQ(setting("ipv6/conf/all/forwarding"), "1\n");
}

TEST(HostSettings, ForwardingKeepsAnInterfaceListeningToItsRouter) {
  net::PrivateNetwork network;
  net::RouteSocket().commit(net::addBridge({"br0"}));
  os::writeFile("/proc/sys/net/ipv6/conf/br0/accept_ra", "1");
  enableForwarding(true);
  EXPECT_EQ(setting("ipv6/conf/br0/accept_ra"), "2\n");
}

TEST(HostSettings, PrepareABridge) {
  net::PrivateNetwork network;
  net::RouteSocket().commit(net::addBridge({"br0"}));
  prepareBridge("br0");
  EXPECT_EQ(setting("ipv4/conf/br0/route_localnet"), "1\n");
  EXPECT_EQ(setting("ipv4/conf/br0/rp_filter"), "1\n");
  EXPECT_EQ(setting("ipv6/conf/br0/accept_dad"), "0\n");
}

}  // namespace
}  // namespace stave::bridge
