@0xb2f1c59e7d3a4c23;
# The Volume object: data that outlives pods. Not namespaced. Reconciled by the engine through the
# volume plug-in that `driver` names.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "../common.capnp";

struct VolumeSpec {
  driver @0 :Text $Common.immutable;     # volume plug-in; empty: the stack's default
  options @1 :List(Common.KeyValue);     # the driver's own; for `local` as docker has them: type, o, device
  anonymous @2 :Bool;                    # made for one container, removed with it if asked (`rm -v`, `run --rm`)
}

struct VolumeStatus {
  phase @0 :Phase;
  message @1 :Text;                      # of a failure: what and why
  path @2 :Text;                         # on the host, if the driver has one
  observedGeneration @3 :UInt64;         # of the spec that this status answers
  usedBy @4 :List(Text);                 # pods that mount it
  removalFailure @5 :Text;               # of a deleted one: why its driver did not remove it; it is tried again
  enum Phase { pending @0; ready @1; failed @2; }
  # ready: the driver has it and pods may mount it. failed: `message` says why.
}
