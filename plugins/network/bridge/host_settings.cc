#include "host_settings.h"

#include <stave/os/file.h>

namespace stave::bridge {

namespace {

constexpr const char* root = "/proc/sys/net/";

std::string read(const std::string& key) {
  auto value = os::readFile(root + key);
  while (!value.empty() && value.back() == '\n') value.pop_back();
  return value;
}

void ensure(const std::string& key, const std::string& value) {
  if (read(key) != value) os::writeFile(root + key, value);
}

/// A forwarding host stops listening to router advertisements, and would lose its own address and
/// route, unless it is told to go on.
void keepRouterAdvertisements() {
  for (auto& name : os::listDirectory(std::string(root) + "ipv6/conf")) {
    auto key = "ipv6/conf/" + name + "/accept_ra";
    if (name != "all" && read(key) == "1") os::writeFile(root + key, "2");
  }
}

}  // namespace

void enableForwarding(bool ipv6) {
  ensure("ipv4/ip_forward", "1");
  if (!ipv6 || read("ipv6/conf/all/forwarding") == "1") return;
  keepRouterAdvertisements();
  ensure("ipv6/conf/all/forwarding", "1");
}

void prepareBridge(const std::string& name) {
  ensure("ipv4/conf/" + name + "/route_localnet", "1");
  ensure("ipv4/conf/" + name + "/rp_filter", "1");
  // Else the host has no address to ask its pods from for a second after the first one is there.
  auto detection = "ipv6/conf/" + name + "/accept_dad";
  if (os::exists(root + detection)) ensure(detection, "0");
}

}  // namespace stave::bridge
