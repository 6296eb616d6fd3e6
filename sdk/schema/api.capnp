@0xb2f1c59e7d3a4c11;
# An `api` plug-in is a frontend: it listens somewhere, speaks somebody's protocol, and translates to
# objects and capabilities. It keeps no state. It needs the grant "kernel".

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "common.capnp";

interface Api {
  listeners @0 () -> (listeners :List(Listener)) $Common.idempotent;
}

struct Listener {
  address @0 :Text;             # "unix:/run/docker.sock", "tcp:127.0.0.1:2376"
  protocol @1 :Text;            # "docker/1.51"
  connections @2 :UInt32;       # open now
}
