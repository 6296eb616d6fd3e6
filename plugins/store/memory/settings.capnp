@0xd3a91c60b27f4e31;
# Settings of the `memory` store: table [plugin.memory] of the configuration.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "/stave/schema/common.capnp";

struct MemoryStoreSettings {
  retainRevisions @0 :UInt64 = 10000 $Common.minimum(1);
  # How many past revisions can be read and watched from. What is older is compacted by itself.
}
