@0xd3b8a6f0c1e94b52;
# Settings of the bridge network driver: its table in the stack's TOML file.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");

struct BridgeSettings {
  addressPools @0 :List(BridgeAddressPool);
  # Where subnets of networks that name none come from, tried in order. Empty: 10.88.0.0/16 and
  # 10.89.0.0/16 cut into /24, fd53:7461:7665::/48 cut into /64.

  mtu @1 :UInt32 = 1500;
  # Of networks without the option "mtu".

  dns @2 :Bool = true;
  # Answer the names of endpoints on each network's gateway address, and forward all other
  # questions.

  nameservers @3 :List(Text);
  # Addresses of the servers that are asked for other names. Empty: those of the host's resolv.conf.

  resolvConf @4 :Text = "/etc/resolv.conf";
  # Where the host's name servers stand.
}

struct BridgeAddressPool {
  block @0 :Text;       # "10.88.0.0/16"
  length @1 :UInt8;     # prefix length of each network's subnet: 24
}
