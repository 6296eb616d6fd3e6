@0xb2f1c59e7d3a4c08;
# A `storage` plug-in turns image layers into root file systems. The engine calls it.
#
# A layer is applied on its parent and known by its chain id (OCI image specification, "layer
# ChainID"). A snapshot is a writable file system on top of a chain. Root file systems leave the
# driver as detached mounts: descriptors to attach wherever the receiver wants, with nothing in the
# host's mount table.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "common.capnp";

struct LayerSource {
  blob @0 :Common.Fd;         # the compressed layer, maybe still growing
  size @1 :UInt64;            # its final size; reading goes on until that many bytes have come
  mediaType @2 :Text;         # tells the compression: none, +gzip, +zstd; empty: look at the bytes
  diffId @3 :Text;            # digest of the uncompressed tar; verified; empty: do not
}

struct IdMapping {
  # How ids inside a user namespace map to the host's. One line of /proc/PID/uid_map.
  inside @0 :UInt32;
  outside @1 :UInt32;
  count @2 :UInt32;
}

struct FileChange {
  path @0 :Text;              # absolute, inside the root file system
  kind @1 :Kind;
  enum Kind { modified @0; added @1; deleted @2; }
}

interface Storage {
  unpack @0 (chainId :Text, parent :Text, source :LayerSource, progress :Common.ProgressSink)
      -> (bytes :UInt64, diffId :Text) $Common.unbounded;
  # Makes the layer `chainId` by applying the source to `parent` (a chain id; empty for the lowest).
  # The parent may still be under way: a driver that needs it waits for it. Exists already: returns at
  # once. Two calls for one chain id do the work once. `bytes` is what it occupies. Fails [invalid]
  # (not a tar, wrong diffId, a path that escapes; the text names the entry), [exhausted]; then, and
  # when cancelled, nothing of it stays.

  hasLayer @1 (chainId :Text) -> (exists :Bool) $Common.idempotent;

  removeLayer @2 (chainId :Text) $Common.idempotent;
  # Fails [conflict] while a snapshot or another layer stands on it. Unknown: nothing happens.

  layers @3 () -> (layers :List(LayerInfo)) $Common.idempotent;

  prepare @4 (snapshot :Text, parent :Text, options :SnapshotOptions) -> (root :RootFs);
  # Makes a writable snapshot; `parent` empty: an empty file system. Exists with the same parent: that
  # one. Fails [not-found] for the parent, [conflict] if it exists with another parent.

  open @5 (snapshot :Text) -> (root :RootFs, parent :Text) $Common.idempotent;   # Fails [not-found].

  remove @6 (snapshot :Text) $Common.idempotent;
  # Returns when its files are out of sight; they may be deleted in the background. Unknown: nothing.

  snapshots @7 () -> (snapshots :List(SnapshotInfo)) $Common.idempotent;

  view @8 (chainId :Text) -> (root :RootFs) $Common.idempotent;
  # A layer chain, read-only, without making a snapshot.

  usage @9 () -> (layerBytes :UInt64, snapshotBytes :UInt64, available :UInt64) $Common.idempotent;
  # Actual disk use; `available` of the file system they lie on.
}

struct SnapshotOptions {
  uidMappings @0 :List(IdMapping);  # not empty: files appear shifted (id-mapped mount, or chown)
  gidMappings @1 :List(IdMapping);
  sizeLimit @2 :UInt64;             # bytes that the snapshot may write; 0: no limit; [unsupported] if not possible
  labels @3 :List(Common.KeyValue);
}

struct LayerInfo {
  chainId @0 :Text; parent @1 :Text; bytes @2 :UInt64; created @3 :Int64; lastUsed @4 :Int64;
}
struct SnapshotInfo { name @0 :Text; parent @1 :Text; bytes @2 :UInt64; created @3 :Int64; }

interface RootFs {
  mount @0 (readOnly :Bool) -> (tree :Common.Fd) $Common.idempotent;
  # A fresh detached mount of the file system (O_PATH descriptor from fsmount or open_tree). Attach it
  # with move_mount in any mount namespace; it goes away with the last reference.

  changes @1 () -> (changes :List(FileChange)) $Common.idempotent;
  # What differs from the parent, sorted by path. Directories that only hold changes are `modified`.

  diff @2 (sink :Common.ByteStream) -> (diffId :Text, bytes :UInt64);
  # The differences as an uncompressed OCI layer tar: whiteouts, xattrs, hard links, devices.

  usage @3 () -> (bytes :UInt64, inodes :UInt64) $Common.idempotent;
}
