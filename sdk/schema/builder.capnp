@0xb2f1c59e7d3a4c0e;
# A `builder` plug-in makes images from source. Clients and frontends call it.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "common.capnp";

struct BuildOptions {
  definition @0 :Text = "Dockerfile";      # path of the build file in the context
  target @1 :Text;                         # stage; empty: the last
  arguments @2 :List(Common.KeyValue);
  tags @3 :List(Text);
  labels @4 :List(Common.KeyValue);
  platform @5 :Common.Platform;
  noCache @6 :Bool;
  pull @7 :Bool;                           # look base images up again
  network @8 :Text;                        # for RUN; empty: the default network
}

interface BuildSink {
  # Told while the build goes on. Vertices are the build's steps.
  vertex @0 (id :UInt32, name :Text, state :State, message :Text) -> stream;
  output @1 (id :UInt32, stderr :Bool, text :Data) -> stream;
  enum State { waiting @0; running @1; cached @2; done @3; failed @4; }
}

interface Builder {
  build @0 (options :BuildOptions, sink :BuildSink)
      -> (context :Common.ByteStream, result :BuildResult) $Common.unbounded;
  # The context arrives as a tar, plain, gzip or zstd. Dropping the result cancels the build. Fails
  # [invalid] with line and instruction.
}

interface BuildResult {
  wait @0 () -> (imageId :Text, manifest :Text, warnings :List(Text)) $Common.idempotent;
}
