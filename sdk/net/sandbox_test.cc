#include <gtest/gtest.h>
#include <stave/net/links.h>
#include <stave/net/sandbox.h>
#include <stave/os/file.h>
#include <stave/os/netns.h>

namespace stave::net {
namespace {

TEST(Sandbox, HasOnlyLoopbackAndItIsUp) {
  auto sandbox = makeSandbox();
  auto socket = RouteSocket::in(sandbox.get());
  for (auto& link : listLinks(socket)) EXPECT_EQ(link.up, link.name == "lo") << link.name;
  EXPECT_NE(socket.index("lo"), 0u);
}

TEST(Sandbox, LetsPodsBindLowPorts) {
  auto sandbox = makeSandbox();
  std::string start;
  os::inNetworkNamespace(sandbox.get(), [&] {
    start = os::readFile("/proc/sys/net/ipv4/ip_unprivileged_port_start");
  });
  EXPECT_EQ(start, "0\n");
}

}  // namespace
}  // namespace stave::net
