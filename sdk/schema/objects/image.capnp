@0xb2f1c59e7d3a4c22;
# The Image object: a reference that is to be present on this machine. Its name is the normalized
# reference ("docker.io/library/debian:12"), or "sha256:..." for an image without a name. Not
# namespaced. The engine reconciles it: fetches, unpacks, and removes layers when the last image and
# the last container that need them are gone.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "../common.capnp";

struct ImageSpec {
  digest @0 :Text $Common.pattern("sha256:[0-9a-f]{64}");
  # Manifest digest of an image whose blobs are in the content store already (tag, load, build). Empty:
  # ask the registry for the reference that is the object's name.

  platform @1 :Common.Platform;
  pull @2 :UInt64;
  # Change it to have the reference looked up again, although the image is there (`stave pull`).

  source @3 :Text;         # registry reference if it is not the name: "docker-archive:/tmp/x.tar:name"
  registry @4 :Text;       # registry plug-in; empty: the stack's default, or "layout" for its references
  secret @5 :Text;         # name of the Secret with username and password; empty: the plug-in's own

  removeIfFailed @6 :Bool;
  # The engine removes the object when fetching it failed and it was never here: what `stave pull` and
  # pods ask for leaves nothing behind but the error. What is declared stays, with the error as status.
}

struct ImageStatus {
  phase @0 :Phase;
  message @1 :Text;              # of a failure: what and why
  observedGeneration @2 :UInt64;
  manifestDigest @3 :Text;
  configDigest @4 :Text;         # Docker's image id
  indexDigest @5 :Text;
  layers @6 :List(Layer);        # lowest first
  size @7 :UInt64;               # unpacked, bytes
  platform @8 :Common.Platform;
  config @9 :Text;               # the OCI image configuration, JSON
  created @10 :Int64;            # as the image says; Unix time, nanoseconds; 0: not said
  pulledAt @11 :Int64;
  repoDigest @12 :Text;          # "docker.io/library/debian@sha256:..."; empty: not from a registry
  code @13 :Common.ErrorCode;    # of a failure

  struct Layer {
    digest @0 :Text; diffId @1 :Text; chainId @2 :Text; size @3 :UInt64; mediaType @4 :Text;
    unpackedSize @5 :UInt64;
  }
  enum Phase { pending @0; pulling @1; ready @2; failed @3; }
}
