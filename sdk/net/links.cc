#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stave/net/links.h>

namespace stave::net {

namespace {

ifinfomsg linkHeader(uint32_t index, bool up = false) {
  ifinfomsg header{};
  header.ifi_index = static_cast<int>(index);
  if (up) header.ifi_flags = header.ifi_change = IFF_UP;
  return header;
}

void putOptions(NetlinkMessage& message, const LinkOptions& options) {
  message.put(IFLA_IFNAME, options.name);
  if (options.mac) message.put(IFLA_ADDRESS, options.mac->data(), options.mac->size());
  if (options.mtu != 0) message.put(IFLA_MTU, options.mtu);
  if (options.master != 0) message.put(IFLA_MASTER, options.master);
  if (options.networkNamespace >= 0) {
    message.put(IFLA_NET_NS_FD, static_cast<uint32_t>(options.networkNamespace));
  }
}

NetlinkMessage newLink(const LinkOptions& options, std::string_view kind,
                       const std::function<void(NetlinkMessage&)>& data) {
  NetlinkMessage message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
                         fmt::format("making the {} {}", kind, options.name));
  message.append(linkHeader(0, options.up));
  putOptions(message, options);
  message.nest(IFLA_LINKINFO, [&] {
    message.put(IFLA_INFO_KIND, kind);
    message.nest(IFLA_INFO_DATA, [&] { data(message); });
  });
  return message;
}

NetlinkMessage changeLink(uint32_t index, std::string attempted, ifinfomsg header) {
  header.ifi_index = static_cast<int>(index);
  NetlinkMessage message(RTM_NEWLINK, 0, std::move(attempted));
  message.append(header);
  return message;
}

NetlinkMessage changeLink(uint32_t index, std::string attempted) {
  return changeLink(index, std::move(attempted), linkHeader(index));
}

uint8_t familyNumber(const Address& address) {
  return address.isIpv4() ? AF_INET : AF_INET6;
}

}  // namespace

NetlinkMessage addBridge(const LinkOptions& options) {
  return newLink(options, "bridge", [](NetlinkMessage& message) {
    message.put(IFLA_BR_FORWARD_DELAY, 0u);  // there are no loops to wait for
    message.put(IFLA_BR_STP_STATE, 0u);
  });
}

NetlinkMessage addVeth(const LinkOptions& near, const LinkOptions& far) {
  return newLink(near, "veth", [&](NetlinkMessage& message) {
    message.nest(VETH_INFO_PEER, [&] {
      message.append(linkHeader(0));  // the kernel cannot open this end before it has the other
      putOptions(message, far);
    });
  });
}

NetlinkMessage addMacvlan(const LinkOptions& options, uint32_t parent, uint32_t mode) {
  auto message = newLink(options, "macvlan",
                         [&](NetlinkMessage& inner) { inner.put(IFLA_MACVLAN_MODE, mode); });
  message.put(IFLA_LINK, parent);
  return message;
}

NetlinkMessage addVxlan(const LinkOptions& options, uint32_t identifier, uint32_t parent,
                        uint16_t port, bool learning) {
  return newLink(options, "vxlan", [&](NetlinkMessage& message) {
    uint16_t networkOrder = htons(port == 0 ? 4789 : port);
    message.put(IFLA_VXLAN_ID, identifier);
    if (parent != 0) message.put(IFLA_VXLAN_LINK, parent);
    message.put(IFLA_VXLAN_PORT, &networkOrder, sizeof networkOrder);
    message.putByte(IFLA_VXLAN_LEARNING, learning);
  });
}

NetlinkMessage removeLink(uint32_t index, std::string_view name) {
  NetlinkMessage message(RTM_DELLINK, 0, fmt::format("removing the interface {}", name));
  message.append(linkHeader(index));
  return message;
}

NetlinkMessage setLinkUp(uint32_t index, bool up) {
  auto header = linkHeader(index);
  header.ifi_change = IFF_UP;
  header.ifi_flags = up ? IFF_UP : 0;
  return changeLink(index, fmt::format("setting interface {} {}", index, up ? "up" : "down"),
                    header);
}

NetlinkMessage setLinkMtu(uint32_t index, uint32_t mtu) {
  auto message =
      changeLink(index, fmt::format("setting the MTU of interface {} to {}", index, mtu));
  message.put(IFLA_MTU, mtu);
  return message;
}

NetlinkMessage setLinkMaster(uint32_t index, uint32_t master) {
  auto message = changeLink(index, fmt::format("making interface {} a port of {}", index, master));
  message.put(IFLA_MASTER, master);
  return message;
}

NetlinkMessage renameLink(uint32_t index, std::string_view name) {
  auto message = changeLink(index, fmt::format("naming interface {} {}", index, name));
  message.put(IFLA_IFNAME, name);
  return message;
}

NetlinkMessage moveLink(uint32_t index, int networkNamespace) {
  auto message = changeLink(index, fmt::format("moving interface {} to a sandbox", index));
  message.put(IFLA_NET_NS_FD, static_cast<uint32_t>(networkNamespace));
  return message;
}

NetlinkMessage setHairpin(uint32_t index, bool on) {
  auto message = changeLink(index, fmt::format("setting hairpin mode of interface {}", index));
  message.nest(IFLA_LINKINFO, [&] {
    message.put(IFLA_INFO_SLAVE_KIND, std::string_view("bridge"));
    message.nest(IFLA_INFO_SLAVE_DATA, [&] { message.putByte(IFLA_BRPORT_MODE, on); });
  });
  return message;
}

NetlinkMessage addAddress(uint32_t index, Address address, unsigned length) {
  NetlinkMessage message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE,
                         fmt::format("adding the address {}/{}", address.text(), length));
  ifaddrmsg header{};
  header.ifa_family = familyNumber(address);
  header.ifa_prefixlen = static_cast<uint8_t>(length);
  header.ifa_index = index;
  message.append(header);
  message.put(IFA_LOCAL, address);
  message.put(IFA_ADDRESS, address);
  if (address.isIpv4() && length < 31) {
    message.put(IFA_BROADCAST, Prefix(address, length).last());
  }
  if (address.isIpv6()) message.put(IFA_FLAGS, static_cast<uint32_t>(IFA_F_NODAD));
  return message;
}

NetlinkMessage addRoute(uint32_t index, Prefix destination, Address gateway) {
  NetlinkMessage message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE,
                         fmt::format("adding the route to {} by {}", destination.text(),
                                     gateway ? gateway.text() : "its interface"));
  rtmsg header{};
  header.rtm_family = familyNumber(destination.address());
  header.rtm_dst_len = static_cast<uint8_t>(destination.length());
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = RTPROT_BOOT;
  header.rtm_scope = gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
  header.rtm_type = RTN_UNICAST;
  message.append(header);
  if (destination.length() != 0) message.put(RTA_DST, destination.address());
  if (gateway) message.put(RTA_GATEWAY, gateway);
  message.put(RTA_OIF, index);
  return message;
}

NetlinkMessage addDefaultRoute(uint32_t index, Address gateway) {
  return addRoute(index, Prefix(Address(gateway.family(), 0), 0), gateway);
}

}  // namespace stave::net
