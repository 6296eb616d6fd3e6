#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stave/error.h>
#include <stave/os/host.h>

#include <memory>

namespace stave::os {

namespace {

constexpr unsigned needed = IFF_UP;

bool usable(const ifaddrs& each, int family) {
  if (each.ifa_addr == nullptr || each.ifa_addr->sa_family != family) return false;
  return (each.ifa_flags & needed) == needed && (each.ifa_flags & IFF_LOOPBACK) == 0;
}

void add(std::vector<std::string>& result, const ifaddrs& each, int family) {
  if (!usable(each, family)) return;
  char text[INET6_ADDRSTRLEN];
  const void* address = nullptr;
  if (family == AF_INET) {
    address = &reinterpret_cast<const sockaddr_in*>(each.ifa_addr)->sin_addr;
  } else {
    auto& in6 = reinterpret_cast<const sockaddr_in6*>(each.ifa_addr)->sin6_addr;
    if (IN6_IS_ADDR_LINKLOCAL(&in6)) return;
    address = &in6;
  }
  result.push_back(inet_ntop(family, address, text, sizeof(text)));
}

}  // namespace

std::vector<std::string> hostAddresses() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) failErrno("listing the addresses of this machine", errno);
  std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, freeifaddrs);
  std::vector<std::string> result;
  for (int family : {AF_INET, AF_INET6}) {
    for (auto each = list; each != nullptr; each = each->ifa_next) add(result, *each, family);
  }
  return result;
}

}  // namespace stave::os
