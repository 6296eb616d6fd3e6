@0xb2f1c59e7d3a4c04;
# Between the kernel and one plug-in. The kernel calls `PluginHost`, which the SDK implements around
# the plug-in's own code, in the kernel's process or in a stave-host process. The plug-in calls
# `Broker`, which the kernel makes for it alone and which knows what it was granted.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "common.capnp";
using Obj = import "object.capnp";
using Kernel = import "kernel.capnp";
using Schema = import "/capnp/schema.capnp";

interface PluginHost {
  describe @0 () -> (descriptor :PluginDescriptor) $Common.idempotent;
  # Answered before any of the plug-in's own code has run.

  start @1 (broker :Broker, settings :List(Setting)) -> (service :Capability);
  # Builds the plug-in. Fails [invalid] naming file, line and key of a wrong setting, or with whatever
  # the plug-in says is missing. Called once.

  reload @2 (settings :List(Setting)) -> (applied :Bool);
  # New settings for a running plug-in. false: it cannot take them live and must be restarted.

  stop @3 ();
  # Finish what is under way; the process is ended after this returns, or after its deadline.

  ping @4 () -> () $Common.idempotent;
  # Answered by the plug-in's loop: a plug-in that blocks its loop does not answer.

  check @5 (settings :List(Setting)) -> () $Common.idempotent;
  # Whether `start` would take these settings; fails as it would, and starts nothing.
}

struct PluginDescriptor {
  kind @0 :Text;            # "storage"
  name @1 :Text;            # "overlay"
  version @2 :Text;
  summary @3 :Text;         # one sentence for `stave plugin ls`
  requires @4 :List(Text);  # services without which it cannot start: "content", "store/sqlite"
  settingsType @5 :UInt64;  # struct that its TOML table is bound to; 0: it has no settings
  nodes @6 :List(Schema.Node);  # of the settings, and of interfaces of its own
  interfaceType @7 :UInt64; # of the service that it offers
}

struct Setting {
  # One value of the plug-in's TOML table, with the place where it was written.

  key @0 :List(Text);       # path below the plug-in's table: ["mirrors", "docker.io"]
  json @1 :Text;            # the value as JSON: true, 5, "x", [1,2]
  file @2 :Text;
  line @3 :UInt32;
}

interface Broker {
  # What one plug-in may reach. A request beyond its grants fails [denied], naming the grant that is
  # missing and the TOML table to add it to.

  objects @0 () -> (objects :Obj.Objects) $Common.idempotent;    # grant "objects" or "objects:KIND"
  events @1 () -> (bus :Kernel.EventBus) $Common.idempotent;     # grant "events"

  service @2 (kind :Text, name :Text) -> (service :Capability) $Common.idempotent;
  # Another plug-in's service: grant "KIND" or "KIND/NAME". Empty name: the stack's default.

  names @3 (kind :Text) -> (names :List(Text)) $Common.idempotent;
  # The plug-ins of that kind in the stack, the default first.

  log @4 (level :LogLevel, message :Text, fields :List(Common.KeyValue)) $Common.idempotent;

  paths @5 () -> (state :Text, run :Text, node :Text) $Common.idempotent;
  # Directories of its own that exist: `state` survives a reboot, `run` does not. `node` is this
  # machine's name.

  kernel @6 () -> (kernel :Kernel.Kernel) $Common.idempotent;
  # The whole client interface: grant "kernel". For API frontends.
}

enum LogLevel { trace @0; debug @1; info @2; warning @3; error @4; }
