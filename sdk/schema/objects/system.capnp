@0xb2f1c59e7d3a4c25;
# Kinds about the platform itself: Namespace, Node, Plugin, Event, Config, Secret.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "../common.capnp";

struct NamespaceSpec {
  description @0 :Text;
}
struct NamespaceStatus {
  phase @0 :Phase;
  enum Phase { active @0; terminating @1; }
}

struct NodeSpec {
  unschedulable @0 :Bool;              # no new pods
}
struct NodeStatus {
  phase @0 :Phase;
  heartbeat @1 :Int64;                 # Unix time, nanoseconds
  addresses @2 :List(Text);
  cpuMillis @3 :UInt64;                # capacity
  memory @4 :UInt64;
  kernelVersion @5 :Text;
  operatingSystem @6 :Text;
  architecture @7 :Text;
  version @8 :Text;                    # of Stave
  pods @9 :UInt32;
  enum Phase { unknown @0; ready @1; notReady @2; }
}

struct PluginSpec {
  # Written by the kernel from the configuration; changing it by hand has no effect.
  file @0 :Text;                       # the shared object, as configured
  isolation @1 :Isolation;
  policy @2 :Policy;                   # when it is down
  fallback @3 :Text;                   # plug-in for policy fallback
  grants @4 :List(Text);
  deadlineMs @5 :UInt64 $Common.milliseconds;
  enum Isolation { process @0; inline @1; }
  enum Policy { restart @0; fail @1; fallback @2; }
}
struct PluginStatus {
  state @0 :State;
  reason @1 :Text;                     # why skipped or failed
  kind @2 :Text;
  version @3 :Text;
  summary @4 :Text;
  pid @5 :Int32;                       # 0: inline
  restarts @6 :UInt32;
  loadedAt @7 :Int64;
  memory @8 :UInt64;                   # proportional set size, bytes
  calls @9 :UInt64;
  failures @10 :UInt64;
  requires @11 :List(Text);
  enum State { starting @0; loaded @1; skipped @2; failed @3; restarting @4; stopped @5; }
}

struct EventSpec {
  # Something worth knowing about an object, kept for a while.
  kind @0 :Text;
  namespace @1 :Text;
  name @2 :Text;
  uid @3 :Text;
  reason @4 :Text;                     # one CamelCase word
  message @5 :Text;
  count @6 :UInt32;
  firstTime @7 :Int64;
  lastTime @8 :Int64;
  warning @9 :Bool;
}

struct ConfigSpec {
  entries @0 :List(Common.KeyValue);   # file name and content
}

struct SecretSpec {
  entries @0 :List(SecretEntry);
}
struct SecretEntry {
  key @0 :Text $Common.required;
  value @1 :Data $Common.secret;
}
