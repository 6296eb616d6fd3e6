@0x8de204fcc7accc4e;
# The table [storage.overlay].

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");

struct OverlaySettings {
  volatile @0 :Bool = false;
  # Snapshots are mounted without any sync to the disk: faster where containers sync much, and after a
  # power failure every snapshot that was mounted is lost. For machines whose containers can be made anew.
}
