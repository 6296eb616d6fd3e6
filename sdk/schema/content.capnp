@0xb2f1c59e7d3a4c06;
# A `content` plug-in keeps blobs (layers, configs, manifests) by digest. Registry, storage, builder
# and frontends share it; a blob travels between them as a file descriptor, never as bytes over RPC.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "common.capnp";

interface Content {
  stat @0 (digest :Text) -> (size :UInt64, created :Int64) $Common.idempotent;
  # Fails [not-found].

  open @1 (digest :Text) -> (blob :Common.Fd, size :UInt64) $Common.idempotent;
  # Read-only descriptor of a complete blob. Fails [not-found]. Readable after the blob is collected.

  ingest @2 (digest :Text, size :UInt64, owner :Text)
      -> (union :IngestState);
  # Begins, or goes on with, fetching a blob. `digest` empty: not known yet, given at commit. `size` 0:
  # not known. Only one writer at a time: another caller gets `busy` and waits for it. `owner`: who is
  # to blame, for a listing ("pull docker.io/library/debian:12"). Fails [exhausted] when the blob
  # cannot fit on the file system.

  follow @3 (digest :Text) -> (blob :Common.Fd, size :UInt64, complete :Bool, done :Waiter);
  # A read-only descriptor of a blob that may still be arriving: bytes appear at its end. `size` as
  # given to ingest. Fails [not-found] if it is neither there nor under way.

  hold @4 (digests :List(Text), name :Text, persistent :Bool) -> (hold :Hold);
  # Keeps these blobs from being collected, also those that do not exist yet. A transient hold lasts as
  # long as the capability; a persistent one until it is released by name, across restarts. A
  # persistent name that exists is replaced.

  release @5 (name :Text) $Common.idempotent;      # of a persistent hold; none: nothing happens

  holds @6 () -> (holds :List(HoldInfo)) $Common.idempotent;

  list @7 () -> (blobs :List(BlobInfo)) $Common.idempotent;

  collect @8 (all :Bool) -> (removed :UInt32, bytes :UInt64) $Common.unbounded;
  # Removes blobs that nothing holds: the oldest first until usage is under low water, or all of them.
  # Runs by itself in the background when usage passes high water.

  usage @9 () -> (blobs :UInt32, bytes :UInt64, heldBytes :UInt64, ingestBytes :UInt64,
                  available :UInt64) $Common.idempotent;
}

struct IngestState {
  union {
    exists @0 :UInt64;       # The blob is complete already; its size.
    writer @1 :Ingest;       # The caller is the one who writes.
    busy @2 :Waiter;         # Somebody else writes it just now.
  }
}

interface Ingest {
  # Dropping it without commit keeps what was written, for resuming, until collected.

  file @0 () -> (file :Common.Fd, offset :UInt64) $Common.idempotent;
  # Read-write. Write at `offset` and after: what lies before was fetched earlier.

  commit @1 (digest :Text, size :UInt64, verified :Bool);
  # The blob is complete. Unless `verified` says that the writer hashed what it wrote, the content is
  # hashed here. A wrong digest or size fails [invalid] and discards the bytes.

  abandon @2 ();             # Discards the bytes.
}

interface Waiter {
  wait @0 () -> (complete :Bool) $Common.idempotent;
  # Returns when the writer is done: complete, or it gave up and another may begin.
}

interface Hold {
  add @0 (digests :List(Text)) $Common.idempotent;
}

struct HoldInfo { name @0 :Text; digests @1 :List(Text); persistent @2 :Bool; }
struct BlobInfo { digest @0 :Text; size @1 :UInt64; created @2 :Int64; holds @3 :UInt32; }
