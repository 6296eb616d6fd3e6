@0xb2f1c59e7d3a4c0f;
# A `scheduler` plug-in decides which node a pod goes to. It never writes: the kernel side verifies and
# commits its plan, so that a wrong or stale plan costs time and nothing else. It keeps a picture of
# nodes and pods that is fed to it, and loses it when it restarts: it is then told anew.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "common.capnp";
using Obj = import "object.capnp";

interface Scheduler {
  snapshot @0 (nodes :List(Obj.Object), pods :List(Obj.Object), revision :UInt64);
  # The whole state, once and after a loss. Replaces what was told before.

  delta @1 (events :List(Obj.WatchEvent), revision :UInt64);
  # What changed since. Fails [conflict] when no snapshot was given: give one.

  plan @2 (pods :List(Obj.ObjectRef), deadlineMs :UInt32) -> (placements :List(Placement));
  # One placement per pod, in the same order. Must answer within the deadline, with what it has.
}

struct Placement {
  # Where one pod is to go.

  pod @0 :Obj.ObjectRef;
  node @1 :Text;                       # empty: none fits
  refusals @2 :List(Refusal);          # then: why, by reason
  struct Refusal { reason @0 :Text; nodes @1 :UInt32; hint @2 :Text; }
  # "not enough memory", of how many nodes it is true, and what would help.
}
