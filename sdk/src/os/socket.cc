#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stave/error.h>
#include <stave/os/socket.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <cstring>

namespace stave::os {

namespace {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

SocketAddress socketAddress(const std::string& text, uint16_t port) {
  SocketAddress result;
  auto four = reinterpret_cast<sockaddr_in*>(&result.storage);
  auto six = reinterpret_cast<sockaddr_in6*>(&result.storage);
  if (inet_pton(AF_INET, text.c_str(), &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    result.size = sizeof *four;
  } else if (inet_pton(AF_INET6, text.c_str(), &six->sin6_addr) == 1) {
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(port);
    result.size = sizeof *six;
  } else {
    fail(ErrorCode::INVALID, "'" + text + "' is not an IP address");
  }
  return result;
}

void setOption(int socket, int level, int option, int value) {
  if (setsockopt(socket, level, option, &value, sizeof value) != 0) {
    failErrno("setting socket option " + std::to_string(option), errno);
  }
}

[[noreturn]] void failBind(const std::string& address, uint16_t port, int error) {
  auto what = address + " port " + std::to_string(port);
  if (error == EADDRINUSE) fail(ErrorCode::CONFLICT, what + " is in use");
  if (error == EADDRNOTAVAIL) fail(ErrorCode::INVALID, address + " is no address of this machine");
  failErrno("binding to " + what, error);
}

}  // namespace

Fd reservePort(int type, const std::string& address, uint16_t port) {
  auto target = socketAddress(address, port);
  Fd result(socket(target.storage.ss_family, type | SOCK_CLOEXEC, 0));
  if (result.get() < 0) {
    if (errno == EAFNOSUPPORT) fail(ErrorCode::UNSUPPORTED, "no address family for " + address);
    failErrno("making a socket", errno);
  }
  if (target.storage.ss_family == AF_INET6) {
    setOption(result.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  }
  // Old connections of an earlier user that linger in TIME_WAIT are no reason to refuse a TCP port.
  if (type == SOCK_STREAM) setOption(result.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  auto pointer = reinterpret_cast<sockaddr*>(&target.storage);
  if (bind(result.get(), pointer, target.size) != 0) failBind(address, port, errno);
  // From here on a second holder is refused.
  if (type == SOCK_STREAM) setOption(result.get(), SOL_SOCKET, SO_REUSEADDR, 0);
  return result;
}

uint16_t boundPort(int socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    failErrno("reading the address of a socket", errno);
  }
  return ntohs(storage.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port
                                             : reinterpret_cast<sockaddr_in*>(&storage)->sin_port);
}

void enableExtendedAcknowledgement(int netlinkSocket) {
  setOption(netlinkSocket, SOL_NETLINK, NETLINK_EXT_ACK, 1);
}

namespace {

/// False: no interface can have such a name.
bool setName(ifreq& request, const std::string& name) {
  if (name.size() >= sizeof request.ifr_name) return false;
  std::memcpy(request.ifr_name, name.data(), name.size());
  return true;
}

}  // namespace

uint32_t interfaceIndex(int socket, const std::string& name) {
  ifreq request{};
  if (!setName(request, name)) return 0;
  if (ioctl(socket, SIOCGIFINDEX, &request) == 0) return static_cast<uint32_t>(request.ifr_ifindex);
  if (errno == ENODEV) return 0;
  failErrno("looking for the interface " + name, errno);
}

void settleLink(int socket, const std::string& name) {
  ifreq request{};
  ethtool_value link{};
  link.cmd = ETHTOOL_GLINK;  // to answer this question the kernel catches up with the link's events
  if (!setName(request, name)) return;
  request.ifr_data = reinterpret_cast<char*>(&link);
  if (ioctl(socket, SIOCETHTOOL, &request) != 0 && errno != ENODEV && errno != EOPNOTSUPP) {
    failErrno("settling the interface " + name, errno);
  }
}

}  // namespace stave::os
