#pragma once

#include <stave/net/netlink.h>

/// Interfaces, addresses and routes: makers of requests for `RouteSocket::commit`, and questions.
namespace stave::net {

/// How an interface is made. What is zero, empty or -1 is left to the kernel.
struct LinkOptions {
  std::string name;
  std::optional<Mac> mac;
  uint32_t mtu = 0;
  bool up = true;
  uint32_t master = 0;        ///< index of the bridge that it becomes a port of
  int networkNamespace = -1;  ///< where it is made, instead of the socket's own
};

NetlinkMessage addBridge(const LinkOptions& options);
/// Both ends at once, each where and how its options say; the far one is down and to be set up
/// after.
NetlinkMessage addVeth(const LinkOptions& near, const LinkOptions& far);
/// `mode` is one of MACVLAN_MODE_*; `parent` an index in the socket's namespace.
NetlinkMessage addMacvlan(const LinkOptions& options, uint32_t parent, uint32_t mode);
/// `parent`: index of the interface that carries it; 0: by route. `port` 0: 4789.
NetlinkMessage addVxlan(const LinkOptions& options, uint32_t identifier, uint32_t parent,
                        uint16_t port, bool learning);
NetlinkMessage removeLink(uint32_t index, std::string_view name);
NetlinkMessage setLinkUp(uint32_t index, bool up);
NetlinkMessage setLinkMtu(uint32_t index, uint32_t mtu);
NetlinkMessage setLinkMaster(uint32_t index, uint32_t master);
NetlinkMessage renameLink(uint32_t index, std::string_view name);  ///< it must be down
NetlinkMessage moveLink(uint32_t index, int networkNamespace);
/// What is sent to the bridge port may go back out of it.
NetlinkMessage setHairpin(uint32_t index, bool on);

/// IPv6 addresses work at once: their uniqueness is the address pool's business, not the network's.
NetlinkMessage addAddress(uint32_t index, Address address, unsigned length);
NetlinkMessage addDefaultRoute(uint32_t index, Address gateway);
NetlinkMessage addRoute(uint32_t index, Prefix destination, Address gateway);

struct LinkInfo {
  uint32_t index = 0;
  std::string name;
  std::string kind;  ///< "bridge", "veth"; empty: hardware
  std::string mac;
  uint32_t mtu = 0;
  uint32_t master = 0;
  bool up = false;
};
std::vector<LinkInfo> listLinks(RouteSocket& socket);

struct AddressInfo {
  uint32_t index = 0;
  Address address;
  unsigned length = 0;
};
std::vector<AddressInfo> listAddresses(RouteSocket& socket);

struct RouteInfo {
  uint32_t index = 0;
  Prefix destination;
};
/// Unicast routes of all tables but the local one, default routes left out.
std::vector<RouteInfo> listRoutes(RouteSocket& socket);

struct LinkCounters {
  uint64_t receivedBytes = 0, receivedPackets = 0, receivedErrors = 0, receivedDropped = 0;
  uint64_t sentBytes = 0, sentPackets = 0, sentErrors = 0, sentDropped = 0;
};
LinkCounters countersOf(RouteSocket& socket, const std::string& name);  ///< fails [not-found]

}  // namespace stave::net
