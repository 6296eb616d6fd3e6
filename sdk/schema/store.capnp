@0xb2f1c59e7d3a4c05;
# A `store` plug-in keeps the kernel's key-value state. Only the kernel calls it. The contract is the
# part of etcd v3 that a control plane needs, so that etcd itself, SQLite and memory all fit.
#
# Keys are ordered byte strings. Every transaction that writes gets one new revision, greater than all
# before; revisions start above zero. All keys written by one transaction have its revision.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "common.capnp";

struct Entry {
  key @0 :Data;
  value @1 :Data;
  createRevision @2 :UInt64;  # of the transaction that created the key in its present life
  modRevision @3 :UInt64;     # of the last one that wrote it
  version @4 :UInt64;         # writes since creation, 1 for the first
  lease @5 :UInt64;           # 0: none
}

struct Compare {
  # Holds if the key's revision equals the given one. A key that does not exist has revision 0.
  key @0 :Data;
  target @1 :Target;
  revision @2 :UInt64;
  enum Target { modRevision @0; createRevision @1; }
}

struct Write {
  key @0 :Data;
  union {
    put @1 :Data;        # the value
    delete @2 :Void;     # of a key that is not there: nothing happens
  }
  lease @3 :UInt64;      # for put: the key is deleted when this lease ends; 0: none
}

struct StoreEvent {
  union {
    put @0 :Entry;
    delete @1 :Entry;    # key and modRevision (that of the deletion) only
  }
}

interface Store {
  range @0 (start :Data, end :Data, revision :UInt64, limit :UInt32, keysOnly :Bool)
      -> (entries :List(Entry), revision :UInt64, more :Bool) $Common.idempotent;
  # Keys from `start` up to but without `end`, in order; an empty end means the one key `start`, the
  # single byte 0 means no upper bound. `revision` 0 reads the newest state, else that state: fails
  # [too-old] if it is compacted, [invalid] if it lies in the future. `limit` 0: no limit.

  txn @1 (compares :List(Compare), writes :List(Write), durable :Bool)
      -> (succeeded :Bool, revision :UInt64, current :List(Entry));
  # If all compares hold, does all writes at once. At most 128 distinct keys; one twice fails
  # [invalid]. succeeded = false: nothing was written, `current` holds the present entry of each
  # compared key that exists, in the order of the compares. `durable`: survives a power failure once
  # this has returned; else it survives the death of the process only, and is made durable with the
  # next durable write at the latest. `revision` is the transaction's own, or the newest if nothing
  # was written. Fails [exhausted] when the disk is full, and then nothing was written.

  watch @2 (start :Data, end :Data, from :UInt64, sink :StoreWatchSink) -> (watch :Common.Handle);
  # Each change with a revision of at least `from` (0: only new ones), exactly once and in order, never
  # splitting a transaction. Fails [too-old] if `from` is compacted.

  compact @3 (revision :UInt64) $Common.idempotent;
  # Forgets history before `revision`; the state at it and after stays readable.

  grantLease @4 (ttlMs :UInt64) -> (id :UInt64, lease :Lease);
  # Keys put with this lease are deleted, as an ordinary transaction, when it is not renewed in time
  # or revoked. Dropping the capability does nothing: it is renewals that keep a lease.

  campaign @5 (name :Text, identity :Text, ttlMs :UInt64) -> (leadership :Leadership) $Common.unbounded;
  # Returns when the caller leads the election `name`. Cancel to withdraw.

  status @6 () -> (revision :UInt64, compactRevision :UInt64, keys :UInt64, bytes :UInt64)
      $Common.idempotent;
  # `bytes` on disk, all files together.
}

interface StoreWatchSink {
  events @0 (events :List(StoreEvent), revision :UInt64) -> stream;
  # All events up to and including `revision`; whole transactions only.

  ended @1 (error :Text);
  # No more events will come: the watcher was too slow for what the store retains, or the store is
  # going away. Range again and watch from the revision found.
}

interface Lease {
  keepAlive @0 () -> (ttlMs :UInt64) $Common.idempotent;   # Fails [not-found] when it has ended.
  revoke @1 ();
}

interface Leadership {
  fence @0 () -> (key :Data, createRevision :UInt64) $Common.idempotent;
  # A leader adds Compare{key, createRevision} to every write: it fails once another leads.
  renew @1 () -> (ttlMs :UInt64) $Common.idempotent;       # Fails [not-found] when it was lost.
  resign @2 ();
}
