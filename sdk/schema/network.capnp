@0xb2f1c59e7d3a4c0a;
# A `network` plug-in connects pods. The engine calls it: one driver per Network object, several
# networks per pod.
#
# A pod's network namespace is its sandbox. The engine makes one sandbox per pod through the driver of
# the pod's first network and then attaches every network to it. Drivers are given the namespace as a
# descriptor and never need a path for it. What a driver must know after a restart it finds in the
# system (links, addresses, nftables) or in its state directory.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "common.capnp";
using NetworkObject = import "objects/network.capnp";

struct PortMapping {
  hostAddress @0 :Text;         # empty: all addresses of the host, IPv4 and IPv6
  hostPort @1 :UInt16;          # 0: any free one; the answer says which
  hostPortEnd @2 :UInt16;       # 0: just hostPort; else the first free one of hostPort..hostPortEnd is taken
  containerPort @3 :UInt16 $Common.minimum(1);
  protocol @4 :Protocol;
  enum Protocol { tcp @0; udp @1; sctp @2; }
}

struct EndpointRequest {
  network @0 :Text;             # name of the network
  endpoint @1 :Text;            # id, unique on this machine; the pod's uid and the network's name
  interfaceName @2 :Text;       # "eth0"; empty: the next free one in the sandbox
  ipv4 @3 :Text;                # wanted address; empty: any
  ipv6 @4 :Text;
  mac @5 :Text;
  names @6 :List(Text);         # names that the network's DNS gives this endpoint, aliases too
  ports @7 :List(PortMapping);  # to publish; only with the network that is the pod's gateway
  gateway @8 :Bool;             # the pod's default route goes through this network
  podName @9 :Text;             # for messages
}

struct EndpointStatus {
  interfaceName @0 :Text;
  ipv4 @1 :Text;                # "10.88.0.2/16"; empty: none
  ipv6 @2 :Text;
  mac @3 :Text;
  gateway4 @4 :Text;
  gateway6 @5 :Text;
  ports @6 :List(PortMapping);  # as published, host ports filled in
  nameservers @7 :List(Text);   # where the network's DNS answers; empty: none, use the host's
}

interface Network {
  createNetwork @0 (name :Text, spec :NetworkObject.NetworkSpec)
      -> (status :NetworkObject.NetworkStatus) $Common.idempotent;
  # Makes links, addresses and rules, or checks those that are there. Fails [conflict] when a subnet
  # overlaps another network's or a host route, [invalid], [exhausted] (no free subnet),
  # [unsupported].

  removeNetwork @1 (name :Text) $Common.idempotent;
  # Fails [conflict] while endpoints are attached. Unknown: nothing happens.

  createSandbox @2 (pod :Text) -> (namespace :Common.Fd);
  # A network namespace with `lo` up. The host driver gives the host's own. It lives as long as
  # somebody holds the descriptor or a process is in it.

  attach @3 (sandbox :Common.Fd, request :EndpointRequest) -> (status :EndpointStatus)
      $Common.idempotent;
  # Connects the sandbox. The endpoint exists: brings it to the requested state (names, ports) and
  # answers its status. Fails [not-found] (network), [exhausted] (addresses), [conflict] (address or
  # host port in use; the text names it), and then leaves nothing behind.

  detach @4 (network :Text, endpoint :Text) $Common.idempotent;
  # Removes link, address, names, ports. The sandbox may be gone already. Unknown: nothing happens.

  endpoints @5 () -> (endpoints :List(EndpointInfo)) $Common.idempotent;
  # All that this driver has attached, so that the engine can remove what belongs to no pod.

  statistics @6 (network :Text, endpoint :Text) -> (statistics :InterfaceStatistics)
      $Common.idempotent;
}

struct EndpointInfo { network @0 :Text; endpoint @1 :Text; status @2 :EndpointStatus; }

struct InterfaceStatistics {
  receivedBytes @0 :UInt64; receivedPackets @1 :UInt64; receivedErrors @2 :UInt64; receivedDropped @3 :UInt64;
  sentBytes @4 :UInt64; sentPackets @5 :UInt64; sentErrors @6 :UInt64; sentDropped @7 :UInt64;
}
