@0xb2f1c59e7d3a4c03;
# What a client of the kernel gets when it connects: `Kernel` is the bootstrap capability of the
# endpoint. What it may do was decided from the peer's credentials (Unix socket) or certificate (TLS).

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "common.capnp";
using Obj = import "object.capnp";
using Schema = import "/capnp/schema.capnp";

interface Kernel {
  objects @0 () -> (objects :Obj.Objects) $Common.idempotent;
  events @1 () -> (bus :EventBus) $Common.idempotent;

  service @2 (kind :Text, name :Text) -> (service :Capability) $Common.idempotent;
  # The interface of a running plug-in, by kind and name; an empty name takes the stack's default of
  # that kind. The capability outlives restarts of the plug-in. Fails [not-found] if no plug-in of the
  # stack is that, [denied] if the caller's rights do not reach it.

  plugins @3 () -> (plugins :Plugins) $Common.idempotent;
  info @4 () -> (info :Info) $Common.idempotent;

  schemas @5 () -> (nodes :List(Schema.Node)) $Common.idempotent;
  # Every interface and struct that this kernel and its plug-ins speak, so that a client can call any
  # method by name without having been compiled with it.

  reload @6 () -> (applied :List(Text), restart :List(Text));
  # Reads the configuration again. `applied`: plug-ins that took their changes live or were restarted
  # for them; `restart`: settings, with file and line, that need a restart of the daemon. Fails
  # [invalid] with file, line and key, and then nothing has changed.

  shutdown @7 ();
  # Ends the daemon and its plug-ins; containers go on running.
}

struct Info {
  version @0 :Text;
  pid @1 :UInt32;
  started @2 :Int64;         # Unix time, nanoseconds
  revision @3 :UInt64;       # of the object store
  node @4 :Text;             # name of this machine's Node object
  root @5 :Text;             # state directory
  run @6 :Text;              # run-time directory (sockets)
  config @7 :List(Text);     # files that the configuration was read from, in order
}

struct BusEvent {
  topic @0 :Text;        # "image/docker.io/library/debian:12/progress", "plugin/overlay/state"
  time @1 :Int64;        # Unix time, nanoseconds; the kernel fills it in
  source @2 :Text;       # "plugin/oci"; the kernel fills it in
  attributes @3 :List(Common.KeyValue);
  lost @4 :UInt64;       # How many events before this one the subscriber did not get: it was slow.
}

interface EventSink {
  event @0 (events :List(BusEvent));
  # The next batch comes when this has returned.
}

interface EventBus {
  # For what happens but is not an object. Nothing is stored: who subscribes late has missed it.

  publish @0 (topic :Text, attributes :List(Common.KeyValue));
  # Never waits for subscribers.

  subscribe @1 (prefix :Text, sink :EventSink) -> (subscription :Common.Handle);
  # Topics that begin with the prefix. At most 1,024 events wait for one subscriber; then the oldest
  # is dropped and counted in `lost` of the next.
}

interface Plugins {
  # Management of the stack's plug-ins. Their state can also be read as `Plugin` objects.

  restart @0 (name :Text);
  # Returns when the new instance serves. Fails [not-found], or with the reason for which it does not.

  swap @1 (name :Text, file :Text);
  # Starts `file` beside the running instance, moves callers across between two calls and ends the old
  # one. If the new one does not come up, the old one stays and this fails with the reason.

  metrics @2 (name :Text) -> (calls :List(MethodMetric)) $Common.idempotent;
  # What callers asked of a plug-in since the daemon started, by method. Fails [not-found].
}

struct MethodMetric {
  method @0 :Text;       # "Storage.prepare"
  calls @1 :UInt64;
  failures @2 :UInt64;
  totalMicros @3 :UInt64;
  maxMicros @4 :UInt64;
}
