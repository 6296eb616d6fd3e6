@0x9c41d7e85ab3f260;
# Settings of the macvlan network driver: its table in the stack's TOML file.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");

struct MacvlanSettings {
  addressPools @0 :List(MacvlanAddressPool);
  # Where subnets of networks that name none come from. Empty: 10.90.0.0/16 cut into /24 and
  # fd53:7461:7666::/48 cut into /64. Mostly a network names the subnet of its parent instead.
}

struct MacvlanAddressPool {
  block @0 :Text;       # "10.90.0.0/16"
  length @1 :UInt8;     # prefix length of each network's subnet: 24
}
