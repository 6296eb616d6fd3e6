@0xd3c9a7e5b1f04826;
# Settings of the native runtime.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Runtime = import "/stave/schema/runtime.capnp";

struct NativeRuntimeSettings {
  cgroup @0 :Text = "stave";
  # The cgroup below which containers have theirs, from the root of each hierarchy.

  cgroupMount @1 :Text = "/sys/fs/cgroup";
  # Where cgroups are mounted: a version 2 hierarchy, or a directory with one of version 1 for each
  # controller.

  monitor @2 :Text;
  # The program that watches over a container; empty: stave-monitor where the platform is installed.

  init @3 :Text;
  # The program that is PID 1 of a container with `init`; empty: stave-init where the platform is installed.
}

struct ContainerRecord {
  # What is written down of a container when it has been made, for the next instance of the plug-in.

  spec @0 :Runtime.ContainerSpec;   # without descriptors
  cgroup @1 :Text;                  # below cgroupMount
  monitorPid @2 :Int32;
  monitorTicks @3 :UInt64;          # when the monitor was started; tells it from a later process
}
