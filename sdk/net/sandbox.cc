#include <stave/net/links.h>
#include <stave/net/sandbox.h>
#include <stave/os/file.h>
#include <stave/os/netns.h>

#include <optional>

namespace stave::net {

namespace {

/// Comfort only: a machine without such a setting still has a good sandbox.
void prefer(const char* path, std::string_view value) {
  if (os::exists(path)) os::writeFile(path, value);
}

}  // namespace

kj::AutoCloseFd makeSandbox() {
  auto result = os::makeNetworkNamespace();
  std::optional<RouteSocket> socket;
  os::inNetworkNamespace(result.get(), [&] {
    socket.emplace();
    prefer("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
    prefer("/proc/sys/net/ipv4/ping_group_range", "0 2147483647");
    prefer("/proc/sys/net/ipv6/conf/default/accept_ra", "0");
    prefer("/proc/sys/net/ipv6/conf/default/accept_dad", "0");
  });
  socket->commit(setLinkUp(socket->index("lo"), true));
  return result;
}

}  // namespace stave::net
