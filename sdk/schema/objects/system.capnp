@0xb2f1c59e7d3a4c25;
# Kinds about the platform itself: Namespace, Node, Plugin, Event, Config, Secret. The kernel writes
# Plugin, the engine writes the Node of its machine, people write the rest.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "../common.capnp";

struct NamespaceSpec {
  # A set of names: two pods may be called the same in different ones. It shields nothing.

  description @0 :Text;                # for people
}

struct NamespaceStatus {
  phase @0 :Phase;
  enum Phase { active @0; terminating @1; }   # terminating: what is in it is being removed first
}

struct NodeSpec {
  # One machine of the platform; its name is the machine's.

  unschedulable @0 :Bool;              # no new pods
}

struct NodeStatus {
  # Written by the machine's engine at each heartbeat.

  phase @0 :Phase;
  heartbeat @1 :Int64;                 # Unix time, nanoseconds
  addresses @2 :List(Text);            # at which other machines reach it
  cpuMillis @3 :UInt64;                # capacity; 1000: one processor
  memory @4 :UInt64;                   # capacity, bytes
  kernelVersion @5 :Text;              # as uname -r has it
  operatingSystem @6 :Text;            # "Debian GNU/Linux 12 (bookworm)"
  architecture @7 :Text;               # GOARCH name: "amd64"
  version @8 :Text;                    # of Stave
  pods @9 :UInt32;                     # whose spec names it
  enum Phase { unknown @0; ready @1; notReady @2; }
}

struct PluginSpec {
  # Written by the kernel from the configuration; changing it by hand has no effect.
  file @0 :Text;                       # the shared object, as configured
  isolation @1 :Isolation;
  policy @2 :Policy;                   # when it is down
  fallback @3 :Text;                   # plug-in for policy fallback
  grants @4 :List(Text);               # "objects", "content", "network/bridge": see Broker
  deadlineMs @5 :UInt64 $Common.milliseconds;   # of one call; methods marked unbounded have none
  enum Isolation { process @0; inline @1; }     # in a stave-host of its own, or in the kernel's process
  enum Policy { restart @0; fail @1; fallback @2; }
  # restart: callers wait for it until their deadline. fail: they get [unavailable] at once. fallback:
  # the other plug-in serves them.
}

struct PluginStatus {
  state @0 :State;
  reason @1 :Text;                     # why skipped or failed
  kind @2 :Text;                       # this and what follows: as its descriptor says
  version @3 :Text;
  summary @4 :Text;                    # one sentence
  pid @5 :Int32;                       # 0: inline
  restarts @6 :UInt32;                 # since the daemon started
  loadedAt @7 :Int64;                  # the present instance; Unix time, nanoseconds
  memory @8 :UInt64;                   # proportional set size, bytes
  calls @9 :UInt64;                    # since the daemon started
  failures @10 :UInt64;                # of them, those that ended with an error
  requires @11 :List(Text);            # services without which it cannot start
  lastEnd @12 :Text;                   # how the instance before ended; empty: none has since the daemon started
  enum State { starting @0; loaded @1; skipped @2; failed @3; restarting @4; stopped @5; }
}

struct EventSpec {
  # Something worth knowing about an object, kept for a while.

  kind @0 :Text;                       # this and the next three: the object that it is about
  namespace @1 :Text;
  name @2 :Text;
  uid @3 :Text;
  reason @4 :Text;                     # one CamelCase word
  message @5 :Text;                    # a sentence
  count @6 :UInt32;                    # how often it happened
  firstTime @7 :Int64;                 # Unix time, nanoseconds
  lastTime @8 :Int64;
  warning @9 :Bool;                    # somebody should look at it
}

struct ConfigSpec {
  # Text files for pods: PodVolume.config.

  entries @0 :List(Common.KeyValue);   # file name and content
}

struct SecretSpec {
  # The same for what must not be seen. Clients, events and logs show no value.

  entries @0 :List(SecretEntry);
}

struct SecretEntry {
  key @0 :Text $Common.required;       # file name, or "username" and "password" of a registry
  value @1 :Data $Common.secret;       # bytes, up to the size of an object
}
