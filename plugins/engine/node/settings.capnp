@0xa7d1e6c0932b4f58;
# Settings of the node agent.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "/stave/schema/common.capnp";

struct NodeEngineSettings {
  unassigned @0 :Bool = true;
  # Act on pods whose spec names no node. Off where a scheduler assigns them.

  network @1 :Text;
  # Network of pods that name none; empty: the one named like the stack's default driver.

  logMaxBytes @2 :UInt64 $Common.bytes;     # of a log file before it is rotated; 0: the runtime's default
  logMaxFiles @3 :UInt32;                   # kept for each container; 0: the runtime's default

  heartbeatMs @4 :UInt64 = 10000 $Common.milliseconds;
  # How often the Node object says that this node is alive.

  imageRetryMs @5 :UInt64 = 10000 $Common.milliseconds;
  # First wait before a failed pull is tried again for a pod whose restart policy tries again; doubles
  # up to five minutes.

  stoppedPods @6 :UInt32 = 100;
  # Stopped pods that have an owner, or go when done, and are kept at most; the oldest are deleted.
  # Pods that a person made are never deleted by themselves.
}
