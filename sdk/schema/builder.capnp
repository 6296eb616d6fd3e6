@0xb2f1c59e7d3a4c0e;
# A `builder` plug-in makes images from source. Clients and frontends call it; it puts what it made
# into content and writes Image objects for the tags. What the options mean is Docker's Dockerfile
# reference and `docker build`.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "common.capnp";

struct BuildOptions {
  definition @0 :Text = "Dockerfile";      # path of the build file in the context
  target @1 :Text;                         # stage; empty: the last
  arguments @2 :List(Common.KeyValue);     # values for ARG; one that the file does not know: a warning
  tags @3 :List(Text);                     # references of the Image objects to write; may be empty
  labels @4 :List(Common.KeyValue);        # over those of the file
  platform @5 :Common.Platform;            # null: this machine's
  noCache @6 :Bool;                        # run every step, though its result may be known
  pull @7 :Bool;                           # look base images up again
  network @8 :Text;                        # for RUN; empty: the default network
}

interface BuildSink {
  # Told while the build goes on. Vertices are the build's steps, numbered from 0; a slow sink delays
  # the build, a dead one ends it.

  vertex @0 (id :UInt32, name :Text, state :State, message :Text) -> stream;
  # A step has entered `state`. `message`: of a failure, what went wrong; else mostly empty.

  output @1 (id :UInt32, stderr :Bool, text :Data) -> stream;
  # What a step printed, as it comes: not cut at lines.

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
  # Returns when the image is in content and its tags are written. `imageId`: digest of the config,
  # `manifest`: that of the manifest. Fails as the step that failed, naming it.
}
