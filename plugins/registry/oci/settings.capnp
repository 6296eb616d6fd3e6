@0xd1f4a90c6b3e5e02;
# The table [plugin.oci] of a registry plug-in of this driver.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "/stave/schema/common.capnp";

struct OciRegistrySettings {
  hosts @0 :List(Host) $Common.uniqueBy("name");
  # What is special about single registries. A registry without an entry is reached over HTTPS with the
  # system's certificates; one on a loopback address over plain HTTP.

  credentials @1 :Text = "/root/.docker/config.json";
  # Docker's client configuration, for credentials when a call brings none. Need not exist.

  parallelDownloads @2 :UInt32 = 4 $Common.minimum(1) $Common.maximum(64);
  # Layers that are fetched or sent at the same time, over all pulls and pushes.

  attempts @3 :UInt32 = 5 $Common.minimum(1);
  # How often a request is tried when the network or the registry fails for the time being. A download
  # that got further counts anew.

  backoff @4 :UInt64 = 500 $Common.milliseconds;
  # Pause before the second attempt; doubles with each, with jitter, up to half a minute. A registry's
  # Retry-After goes first.

  connectTimeout @5 :UInt64 = 15000 $Common.milliseconds;
  stallTimeout @6 :UInt64 = 30000 $Common.milliseconds;
  # A transfer without one byte for this long is broken off, and resumed if that is possible.

  deadline @7 :UInt64 = 3600000 $Common.milliseconds;
  # The longest that a whole resolve, pull or push may take. 0: no limit.

  chunkBytes @8 :UInt64 = 67108864 $Common.bytes $Common.minimum(65536);
  # Blobs larger than this are uploaded in chunks of it, so that an upload can be resumed.
}

struct Host {
  name @0 :Text $Common.required;
  # As in references: "docker.io", "registry.example:5000".

  mirrors @1 :List(Text);
  # URLs that are asked first, in this order: "https://mirror.example/prefix". Only pulls use them.

  caFile @2 :Text;              # PEM; instead of the system's certificates
  clientCertificate @3 :Text;   # PEM, with clientKey
  clientKey @4 :Text;
  transport @5 :Transport;
  enum Transport {
    auto @0;                    # HTTP on loopback without a caFile, otherwise HTTPS
    https @1;
    http @2;
    insecure @3;                # HTTPS without looking at the certificate
  }
}
