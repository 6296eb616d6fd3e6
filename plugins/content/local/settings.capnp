@0xd1f4a90c6b3e5e01;
# The table [plugin.local] of a content plug-in of this driver.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "/stave/schema/common.capnp";

struct LocalContentSettings {
  root @0 :Text;
  # Directory that blobs are kept in. Empty: the plug-in's own state directory.

  highWater @1 :UInt64 = 21474836480 $Common.bytes;
  # When all blobs together pass this size, those that nothing holds are collected. 0: never by itself.

  lowWater @2 :UInt64 = 17179869184 $Common.bytes;
  # Collection ends when they are down to this. Above the high water: counts as the high water.

  grace @3 :UInt64 = 600000 $Common.milliseconds;
  # The background collection leaves blobs alone that are younger, since who fetched one may still be
  # about to hold it. `collect` called by name has no such grace.

  ingestExpiry @4 :UInt64 = 86400000 $Common.milliseconds;
  # What was begun and not finished is kept this long after its last byte, for resuming.

  interval @5 :UInt64 = 60000 $Common.milliseconds $Common.minimum(100);
  # How often the background looks for something to collect.
}
