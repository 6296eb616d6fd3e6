@0xa4c7e81b90d25f37;
# Settings of the `sqlite` store: table [plugin.sqlite] of the configuration.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "/stave/schema/common.capnp";

struct SqliteStoreSettings {
  file @0 :Text = "store.db" $Common.required;
  # Where the state lies: a name in the plug-in's state directory, or an absolute path. Beside it stands
  # the write-ahead log, FILE-wal.

  retainRevisions @1 :UInt64 = 10000 $Common.minimum(1);
  # How many past revisions can be read and watched from. What is older is compacted by itself, and its
  # place in the file used again.

  checkpointBytes @2 :UInt64 = 8388608 $Common.bytes $Common.minimum(65536);
  # The write-ahead log is merged into the file when it has become longer than this.
}
