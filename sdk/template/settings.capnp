@0x9cbb0e8de6a1f5d3;   # make one of your own: `capnp id`
# Settings of the scratch volume driver: what may stand in [volume.scratch.settings].

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "/stave/schema/common.capnp";

struct ScratchSettings {
  size @0 :UInt64 = 67108864 $Common.bytes;   # of each volume; people write "64m"
}
