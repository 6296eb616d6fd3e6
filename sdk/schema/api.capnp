@0xb2f1c59e7d3a4c11;
# An `api` plug-in is a frontend: it listens somewhere, speaks somebody's protocol, and translates to
# objects and capabilities. It keeps no state. It needs the grant "kernel".
#
# Clients speak the foreign protocol; nobody but the kernel calls the interface below, to show what
# there is. An error of the platform becomes the protocol's own by its code (common.capnp).

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "common.capnp";

interface Api {
  listeners @0 () -> (listeners :List(Listener)) $Common.idempotent;
  # Where it listens now. An address that could not be taken fails the plug-in's start instead.
}

struct Listener {
  address @0 :Text;             # "unix:/run/docker.sock", "tcp:127.0.0.1:2376"
  protocol @1 :Text;            # "docker/1.51"
  connections @2 :UInt32;       # open now
}
