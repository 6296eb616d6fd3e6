@0xb2f1c59e7d3a4c21;
# The Network object: something that pods are attached to. Name: as users say it. Not namespaced, as
# with docker. The engine reconciles it through the network plug-in that `driver` names.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "../common.capnp";

struct NetworkSpec {
  driver @0 :Text $Common.immutable;     # network plug-in; empty: the stack's default
  subnets @1 :List(Subnet);              # at most one of each family; empty: the driver chooses
  internal @2 :Bool;                     # no way to the outside
  ipv6 @3 :Bool;                         # with an IPv6 subnet (chosen if none is given)
  options @4 :List(Common.KeyValue);     # the driver's own: "parent" (macvlan), "mtu", "bridge", "isolation"
  attachable @5 :Bool = true;
}

struct Subnet {
  cidr @0 :Text $Common.required $Common.pattern("[0-9a-fA-F.:]+/[0-9]{1,3}");
  gateway @1 :Text;                      # empty: the first address
  range @2 :Text;                        # automatic addresses come from here only; empty: all
  reserved @3 :List(Common.KeyValue);    # name and address that are never given out
}

struct NetworkStatus {
  phase @0 :Phase;
  message @1 :Text;                      # why it failed or is not ready
  subnets @2 :List(Subnet);              # as really used
  interfaceName @3 :Text;                # of the host, "sv-1a2b3c4d5e6f"
  mtu @4 :UInt32;
  observedGeneration @5 :UInt64;
  driver @6 :Text;                       # that serves it
  removalFailure @7 :Text;               # of a deleted one: why its driver did not remove it; it is tried again

  enum Phase { pending @0; ready @1; failed @2; }
}
