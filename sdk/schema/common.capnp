@0xb2f1c59e7d3a4c01;
# Types that every contract of Stave shares. Nothing here belongs to one kind of plug-in.
#
# Three conventions hold in all schema files beside this one:
#
# * Lifetime is a capability. What a method starts (a watch, an attachment, a lease) it returns as a
#   `Handle` or a richer interface; dropping the last reference ends it. There are no ids to close.
# * Errors have two tiers. An outcome that a caller is expected to decide on is part of the result.
#   Everything else is an exception whose description begins with a code in brackets, for instance
#   `[not-found] image docker.io/library/nope:latest: ...`. The codes are those of `ErrorCode`; each
#   method lists the ones that mean something particular. stave/error.h makes and reads them.
# * Schemas only grow. A member is never renumbered; a retired one keeps its number under a name that
#   begins with `obsolete`.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");

annotation idempotent @0xc7a30b51f2e84d11 (method) :Void;
# The method may be sent again after the process that served it died in the middle: a reconnecting
# capability does so by itself. A method without it fails with a disconnected exception instead.

annotation unbounded @0xa4d97e1b60c28f1b (method) :Void;
# The method may take as long as it takes: the deadline of a plug-in's calls does not apply.

annotation required @0x9e6f20b4c1d75a12 (field) :Void;
# The kernel refuses an object in which this text or list is empty or this pointer is null.

annotation minimum @0xd40b8a37e95f1c13 (field) :Int64;
annotation maximum @0x8f51c2d6073ae914 (field) :Int64;
# Bounds (inclusive) of a number, of a text's length in bytes, or of a list's length. In objects and in
# settings; a setting that is not given keeps its default, which may lie outside.

annotation pattern @0xa86d3e92b07f4c15 (field) :Text;
# A text that is not empty must match this RE2 expression in full; in a list of texts, each element.

annotation immutable @0xf13c76a5d82b9e16 (field) :Void;
# The field may be set when the object is created and never changed afterwards.

annotation uniqueBy @0xbb29f04e6a81d317 (field) :Text;
# In this list of structs no two elements have the same value in the named field.

annotation bytes @0x92e7d1c05b3f6a18 (field) :Void;
# A number of bytes. Written by people as "128m" or "2GiB" (binary multiples), read back as a number.

annotation milliseconds @0xe5804fb9a26c7d19 (field) :Void;
# A time span in milliseconds. Written by people as "10s", "1m30s" or "250ms".

annotation secret @0x88c5b7f1e03d921a (field) :Void;
# Never printed by a client, an event or a log: shown as "***".

enum ErrorCode {
  internal @0;       # A defect of ours, or a system call that should not have failed.
  invalid @1;        # The request itself is wrong; the text names the field. Do not repeat it.
  notFound @2;       # What was named does not exist.
  alreadyExists @3;  # What should be made exists.
  conflict @4;       # Changed meanwhile, or in use; read again and decide.
  denied @5;         # The caller may not; the text names the missing grant or right.
  unavailable @6;    # Down or unreachable for now; may be repeated later.
  exhausted @7;      # Out of space, memory, addresses, or over a bound.
  tooOld @8;         # The revision asked for is compacted away; list again.
  unsupported @9;    # This driver or this machine cannot do that.
  cancelled @10;     # The caller went away.
  deadline @11;      # It took longer than the caller allowed.
  unauthorized @12;  # A remote party wants (other) credentials.
}
# Spelled in brackets with dashes in messages: `[not-found]`, `[already-exists]`, `[too-old]`.

interface Handle {}
# Something is going on while a reference to this exists. Dropping it ends the thing, at once.

interface Fd {}
# A capability that carries one file descriptor, taken with Client::getFd(). The descriptor belongs to
# the capability: duplicate it before dropping the reference. Crosses Unix sockets only; over TCP
# getFd() gives null.

interface ByteStream {
  # Where bytes go. The writer calls `write` as often as it likes and `end` once.

  write @0 (bytes :Data) -> stream;
  # At most 1 MiB a call. Flow control is that of Cap'n Proto streaming.

  end @1 ();
  # The stream is complete, and was taken: returns when the receiver has done what it does with it,
  # or throws what the receiver has against it. Dropping the capability without `end` means that the
  # writer failed, and the receiver undoes its work.
}

interface ProgressSink {
  # Whoever starts a long job passes one of these to hear how it goes. A slow sink never slows the
  # job: reports between two answers are merged, the newest wins.

  report @0 (progress :Progress) -> stream;
}

struct Progress {
  item @0 :Text;     # What this line is about: a layer's short digest, a file. Stable during the job.
  phase @1 :Text;    # One word: waiting, downloading, verifying, extracting, pushing, done, exists.
  current @2 :UInt64;# Bytes (or units) done.
  total @3 :UInt64;  # Of how many; 0 when not known.
  message @4 :Text;  # A sentence for a person; empty mostly.
}

struct KeyValue {
  key @0 :Text $required;
  value @1 :Text;
}

struct Descriptor {
  # Points to a blob by content. The OCI image specification, "descriptor".

  mediaType @0 :Text;
  digest @1 :Text $pattern("sha(256|512):[0-9a-f]+");   # algorithm:hex
  size @2 :UInt64;                                       # bytes of the blob
  annotations @3 :List(KeyValue);
  platform @4 :Platform;                                 # only in an index
}

struct Platform {
  # The OCI image specification, "image index": platform.

  os @0 :Text;             # "linux"; empty: this machine's
  architecture @1 :Text;   # GOARCH name: "amd64", "arm64"; empty: this machine's
  variant @2 :Text;        # "v8" and so on; empty: any
}
