@0x9cbb0e8de6a1f5d3;   # make one of your own: `capnp id`
# Settings of the folder volume driver: what may stand in [volume.folder.settings].

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");

struct FolderSettings {
  path @0 :Text;   # where the volumes lie, made if missing; empty: in the driver's own state
}
