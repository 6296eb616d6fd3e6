#pragma once

#include <string_view>

namespace stave::bridge {

constexpr std::string_view tableName = "inet stave_bridge";

/// Elements come behind this, in the same transaction.
///
/// * guard: a bridge has route_localnet set for ports published on 127.0.0.1, which would also let
///   pods reach services that listen there; before connection tracking only strangers carry such an
///   address.
/// * published: what is sent to a port of the host that a pod has published goes to the pod. ::1 is
///   left out because the kernel does not let that source address leave the machine in any case.
/// * passing: within a network all is allowed (such packets come by here where
///   bridge-nf-call-iptables is set); into a network only what was asked for, what goes to a
///   published port, and what comes from another network if both are open; internal networks have
///   no traffic with others at all.
/// * leaving: a pod that reaches a pod of its own network through a published port, and the host
///   through 127.0.0.1, need answers that come back the same way. A pod that reaches itself is told
///   by both of its addresses, because a bridge that asks netfilter does not say where a packet
///   came in. All else to the outside goes out under the host's address.
constexpr std::string_view tableRules = R"(
add table inet stave_bridge
delete table inet stave_bridge
table inet stave_bridge {
  map ports4 { type inet_proto . inet_service : ipv4_addr . inet_service; }
  map ports6 { type inet_proto . inet_service : ipv6_addr . inet_service; }
  map at4 { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }
  map at6 { type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; }
  set bridges { type ifname; }
  set within { type ifname . ifname; }
  set internal { type ifname; }
  set open { type ifname; }
  set itself4 { type ipv4_addr . ipv4_addr; }
  set itself6 { type ipv6_addr . ipv6_addr; }
  set outward4 { type ipv4_addr; flags interval; }
  set outward6 { type ipv6_addr; flags interval; }
  chain guard {
    type filter hook prerouting priority -300; policy accept;
    iifname @bridges ip daddr 127.0.0.0/8 drop
  }
  chain published {
    ip6 daddr ::1 return
    dnat ip to ip daddr . meta l4proto . th dport map @at4
    dnat ip6 to ip6 daddr . meta l4proto . th dport map @at6
    dnat ip to meta l4proto . th dport map @ports4
    dnat ip6 to meta l4proto . th dport map @ports6
  }
  chain incoming {
    type nat hook prerouting priority -100; policy accept;
    fib daddr type local jump published
  }
  chain outgoing {
    type nat hook output priority -100; policy accept;
    fib daddr type local jump published
  }
  chain passing {
    type filter hook forward priority 0; policy accept;
    iifname . oifname @within accept
    iifname @internal drop
    oifname @internal drop
    ct state established,related accept
    oifname @bridges ct status dnat accept
    iifname @open oifname @open accept
    oifname @bridges drop
  }
  chain leaving {
    type nat hook postrouting priority 100; policy accept;
    iifname . oifname @within ct status dnat masquerade
    ip saddr . ip daddr @itself4 ct status dnat masquerade
    ip6 saddr . ip6 daddr @itself6 ct status dnat masquerade
    ip saddr 127.0.0.0/8 oifname @bridges masquerade
    oifname @bridges accept
    ip saddr @outward4 masquerade
    ip6 saddr @outward6 masquerade
  }
}
)";

}  // namespace stave::bridge
