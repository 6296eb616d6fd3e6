@0xb2f1c59e7d3a4c09;
# A `volume` plug-in provides file systems that outlive containers. The engine calls it on behalf of
# Volume objects whose spec names this driver. A volume's data survives the death and the restart of
# the driver, and a reboot.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "common.capnp";
using Storage = import "storage.capnp";

interface VolumeDriver {
  create @0 (name :Text, options :List(Common.KeyValue)) -> () $Common.idempotent;
  # Exists with the same options: nothing happens; with others: [conflict]. Unknown option, or a name
  # that is not letters, digits, "_", "." and "-" (the first a letter or a digit): [invalid].

  remove @1 (name :Text) $Common.idempotent;
  # Removes the data. Unknown: nothing happens. Fails [conflict] while it is mounted by this driver.

  mount @2 (name :Text, readOnly :Bool) -> (tree :Common.Fd, empty :Bool) $Common.idempotent;
  # A fresh detached mount of the volume. `empty`: it has never held anything, so content of the image
  # at the mount point is to be copied up into it. Fails [not-found].

  list @3 () -> (volumes :List(VolumeInfo)) $Common.idempotent;
  # All that this driver has, sorted by name.

  path @4 (name :Text) -> (path :Text) $Common.idempotent;
  # Where it lies on the host, for people; empty if nowhere. Fails [not-found].

  usage @5 (name :Text) -> (bytes :UInt64) $Common.idempotent;
  # What its files occupy on disk; 0 for what lies elsewhere. Fails [not-found].
}

struct VolumeInfo {
  name @0 :Text;
  created @1 :Int64;                   # Unix time, nanoseconds; 0: the driver does not know
  options @2 :List(Common.KeyValue);   # as given to `create`
  path @3 :Text;                       # as `path` answers
}
