#include <fmt/format.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stave/error.h>
#include <stave/net/links.h>

#include <cstring>

namespace stave::net {

namespace {

template <typename Header>
NetlinkMessage dump(int type, std::string attempted) {
  NetlinkMessage message(type, NLM_F_DUMP, std::move(attempted));
  message.append(Header{});
  return message;
}

template <typename Header>
std::pair<Header*, Attributes> parse(nlmsghdr* message) {
  return {
      static_cast<Header*>(nlmsg_data(message)),
      Attributes(nlmsg_attrdata(message, sizeof(Header)), nlmsg_attrlen(message, sizeof(Header)))};
}

LinkInfo linkFrom(nlmsghdr* message) {
  auto [header, attributes] = parse<ifinfomsg>(message);
  LinkInfo link;
  link.index = static_cast<uint32_t>(header->ifi_index);
  link.up = header->ifi_flags & IFF_UP;
  link.name = attributes.text(IFLA_IFNAME);
  link.kind = attributes.inside(IFLA_LINKINFO).text(IFLA_INFO_KIND);
  link.mtu = attributes.number(IFLA_MTU);
  link.master = attributes.number(IFLA_MASTER);
  auto hardware = attributes.data(IFLA_ADDRESS);
  Mac mac;
  if (hardware.size() == mac.size()) {
    std::memcpy(mac.data(), hardware.data(), mac.size());
    link.mac = macText(mac);
  }
  return link;
}

}  // namespace

std::vector<LinkInfo> listLinks(RouteSocket& socket) {
  std::vector<LinkInfo> links;
  socket.query(dump<ifinfomsg>(RTM_GETLINK, "listing interfaces"),
               [&](nlmsghdr* message) { links.push_back(linkFrom(message)); });
  return links;
}

std::vector<AddressInfo> listAddresses(RouteSocket& socket) {
  std::vector<AddressInfo> addresses;
  socket.query(dump<ifaddrmsg>(RTM_GETADDR, "listing addresses"), [&](nlmsghdr* message) {
    auto [header, attributes] = parse<ifaddrmsg>(message);
    auto address = attributes.address(IFA_LOCAL);
    if (!address) address = attributes.address(IFA_ADDRESS);
    addresses.push_back({header->ifa_index, address, header->ifa_prefixlen});
  });
  return addresses;
}

std::vector<RouteInfo> listRoutes(RouteSocket& socket) {
  std::vector<RouteInfo> routes;
  socket.query(dump<rtmsg>(RTM_GETROUTE, "listing routes"), [&](nlmsghdr* message) {
    auto [header, attributes] = parse<rtmsg>(message);
    auto destination = attributes.address(RTA_DST);
    bool wanted = header->rtm_type == RTN_UNICAST && header->rtm_table != RT_TABLE_LOCAL;
    if (!wanted || !destination || header->rtm_dst_len == 0) return;
    routes.push_back({attributes.number(RTA_OIF), Prefix(destination, header->rtm_dst_len)});
  });
  return routes;
}

LinkCounters countersOf(RouteSocket& socket, const std::string& name) {
  NetlinkMessage message(RTM_GETLINK, 0, "reading the counters of " + name);
  message.append(ifinfomsg{});
  message.put(IFLA_IFNAME, name);
  if (socket.index(name) == 0) fail(ErrorCode::NOT_FOUND, "there is no interface " + name);
  LinkCounters counters;
  socket.query(std::move(message), [&](nlmsghdr* answer) {
    auto [header, attributes] = parse<ifinfomsg>(answer);
    rtnl_link_stats64 statistics{};
    auto data = attributes.data(IFLA_STATS64);
    std::memcpy(&statistics, data.data(), std::min(sizeof statistics, data.size()));
    counters = {statistics.rx_bytes,   statistics.rx_packets, statistics.rx_errors,
                statistics.rx_dropped, statistics.tx_bytes,   statistics.tx_packets,
                statistics.tx_errors,  statistics.tx_dropped};
  });
  return counters;
}

}  // namespace stave::net
