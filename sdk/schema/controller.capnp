@0xb2f1c59e7d3a4c10;
# A `controller` plug-in reads objects and writes objects, and does nothing else. All it needs is the
# broker's `Objects`; its service exists so that the kernel can see how it fares.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "common.capnp";

interface Controller {
  status @0 () -> (status :ControllerStatus) $Common.idempotent;
  # Answered at once from memory.
}

struct ControllerStatus {
  kinds @0 :List(Text);         # that it acts on
  leading @1 :Bool;             # it holds the lease and acts; on one machine always
  pending @2 :UInt32;           # objects that wait to be looked at
  lastError @3 :Text;           # why it last failed to act on an object; empty: never since it started
}
