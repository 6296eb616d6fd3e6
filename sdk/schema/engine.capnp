@0xb2f1c59e7d3a4c0d;
# An `engine` plug-in is the node agent: it turns Pod, Image, Network and Volume objects into calls on
# runtime, storage, network, registry and volume plug-ins. Beginning and ending things is asked for in
# objects; this interface has what is not state: streams, and jobs on what runs. Frontends and clients
# call it.
#
# Pods are named "NAME" or "NAMESPACE/NAME". An empty container name means the pod's first container.
# All methods fail [not-found] when pod or container do not exist, and [conflict] when the container
# is not in a state for it.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "common.capnp";
using Runtime = import "runtime.capnp";
using Storage = import "storage.capnp";
using Logging = import "logging.capnp";
using Registry = import "registry.capnp";
using Network = import "network.capnp";

interface Engine {
  attach @0 (pod :Text, container :Text) -> (process :Runtime.Process);
  # May be called before the container runs: the streams open when it starts, and miss nothing.

  exec @1 (pod :Text, container :Text, spec :Runtime.ExecSpec) -> (process :Runtime.Process);
  # A further process in a running container. It starts when its streams are asked for.

  logs @2 (pod :Text, container :Text, options :LogQuery, sink :Logging.LogSink)
      -> (following :Common.Handle) $Common.unbounded;
  # Sends what there is, then, with `follow`, what comes until the container stops; then end(). Works
  # on stopped containers and over rotation.

  signal @3 (pod :Text, container :Text, number :Int32);
  # To the container's first process; `number` as in signal(7). Changes nothing that is wanted: what
  # follows from its end is up to the restart policy.

  statistics @4 (pod :Text, container :Text)
      -> (statistics :Runtime.ContainerStatistics, networks :List(NetworkUse)) $Common.idempotent;
  # Counters since the start; a rate is the difference of two answers. `networks` are the pod's.

  top @5 (pod :Text, container :Text) -> (processes :List(ProcessInfo)) $Common.idempotent;
  # What runs inside, with the host's process numbers.

  stat @6 (pod :Text, container :Text, path :Text) -> (info :PathInfo) $Common.idempotent;
  # The entry itself, also if it is a link. Fails [not-found] for the path.

  copyOut @7 (pod :Text, container :Text, path :Text, sink :Common.ByteStream)
      -> (info :PathInfo) $Common.unbounded;
  # A tar of the file or tree; entries begin with its base name. Links are resolved in the container's
  # root only. Works on stopped containers.

  copyIn @8 (pod :Text, container :Text, path :Text, keepOwners :Bool, noOverwriteDirectory :Bool)
      -> (sink :Common.ByteStream);
  # Unpacks a tar into the directory `path`. `keepOwners`: as in the tar, else root's.
  # `noOverwriteDirectory`: fails [conflict] where a directory would replace something else, or be
  # replaced by it.

  changes @9 (pod :Text, container :Text) -> (changes :List(Storage.FileChange)) $Common.idempotent;
  # What differs from its image, without what lies on volumes.

  exportRoot @10 (pod :Text, container :Text, sink :Common.ByteStream) -> () $Common.unbounded;
  # Its whole file system as a tar, without volumes.

  commit @11 (pod :Text, container :Text, options :CommitOptions)
      -> (imageId :Text, manifest :Text) $Common.unbounded;
  # Makes an image of what it changed, and the Image object if a reference is given.

  resize @12 (pod :Text, container :Text, width :UInt16, height :UInt16) $Common.idempotent;
  # The terminal, in columns and rows. Fails [unsupported] without one.

  push @13 (image :Text, target :Text, credentials :Registry.Credentials, registry :Text,
            progress :Common.ProgressSink) -> (digest :Text) $Common.unbounded;
  # `image`: name or id of an image here. `target` empty: its own name.

  saveImages @14 (images :List(Text), format :ArchiveFormat, sink :Common.ByteStream)
      -> () $Common.unbounded;
  # One tar with all of them; a layer that several share is in it once.

  loadImages @15 (progress :Common.ProgressSink)
      -> (sink :Common.ByteStream, result :LoadResult);
  # Takes a docker-archive or an OCI layout tar, plain, gzip or zstd. Makes Image objects.

  importImage @16 (reference :Text, changes :List(Text), message :Text)
      -> (sink :Common.ByteStream, result :LoadResult);
  # Takes a root file system as a tar and makes a one-layer image. `changes`: Dockerfile instructions
  # CMD ENTRYPOINT ENV EXPOSE LABEL STOPSIGNAL USER VOLUME WORKDIR.

  history @17 (image :Text) -> (entries :List(HistoryEntry)) $Common.idempotent;

  # Newest first, as `docker history`.

  diskUsage @18 () -> (usage :DiskUsage) $Common.idempotent $Common.unbounded;
  # Measured now: walks what lies on disk.

  prune @19 (what :PruneWhat) -> (removed :List(Text), bytes :UInt64) $Common.unbounded;
  # Removes what nobody uses. `removed` names it, `bytes` is what that freed.

  resolveImage @20 (reference :Text) -> (name :Text) $Common.idempotent;
  # The Image object that a user means: full or short reference, id or the beginning of one. Fails
  # [not-found], [conflict] if the beginning fits several.

  checkImageUnused @21 (image :Text) -> (pods :List(Text)) $Common.idempotent;
  # The pods whose containers were made from it; none: it may be removed.
}

interface LoadResult {
  images @0 () -> (names :List(Text), ids :List(Text)) $Common.idempotent;
  # Waits until the stream was ended and taken.
}

struct LogQuery {
  follow @0 :Bool;
  since @1 :Int64;           # Unix time, nanoseconds; 0: from the beginning
  until @2 :Int64;           # 0: no end
  tail @3 :Int64 = -1;       # only so many last lines; -1: all
  stdout @4 :Bool = true;
  stderr @5 :Bool = true;
}

struct NetworkUse { network @0 :Text; interfaceName @1 :Text; statistics @2 :Network.InterfaceStatistics; }

struct ProcessInfo {
  pid @0 :Int32; parent @1 :Int32; user @2 :Text; command @3 :Text;
  cpuMillis @4 :UInt64;      # processor time used, milliseconds
  startedAt @5 :Int64;       # Unix time, nanoseconds
  terminal @6 :Text;         # "pts/0"; empty: none
  memory @7 :UInt64;         # resident, bytes
  uid @8 :UInt32;            # on the host
}

struct PathInfo {
  name @0 :Text;             # base name
  size @1 :UInt64;           # bytes
  mode @2 :UInt32;           # st_mode: type and permissions
  modified @3 :Int64;        # Unix time, nanoseconds
  linkTarget @4 :Text;       # of a symbolic link
}

struct CommitOptions {
  reference @0 :Text;        # name of the Image object; empty: none is made
  author @1 :Text; message @2 :Text;   # stand in the image's history
  pause @3 :Bool = true;     # the container, while its files are read
  changes @4 :List(Text);    # as importImage
}

enum ArchiveFormat { docker @0; oci @1; }
# What `docker save` writes, or a tar of an OCI image layout.

struct HistoryEntry {
  # One step of how the image was made. The OCI image specification, "config": history.

  created @0 :Int64;         # Unix time, nanoseconds; 0: not said
  createdBy @1 :Text; comment @2 :Text;
  size @3 :UInt64;           # bytes that its layer adds
  empty @4 :Bool;            # it made no layer
  imageId @5 :Text; tags @6 :List(Text);   # of the newest entry only
}

struct DiskUsage {
  # All sizes in bytes on disk. `shared`: that others use too; `reclaimable`: what a prune would free.

  images @0 :Part; containers @1 :Part; volumes @2 :Part; content @3 :Part; logs @4 :Part;
  imageList @5 :List(Item); containerList @6 :List(Item); volumeList @7 :List(Item);
  struct Part { count @0 :UInt32; active @1 :UInt32; bytes @2 :UInt64; reclaimable @3 :UInt64; }
  struct Item { name @0 :Text; bytes @1 :UInt64; shared @2 :UInt64; used @3 :Bool; created @4 :Int64; }
}

struct PruneWhat {
  pods @0 :Bool;             # stopped ones
  images @1 :Bool;           # without a name and unused
  allImages @2 :Bool;        # also those with a name that no pod uses
  networks @3 :Bool;         # unused, but not the stack's default
  volumes @4 :Bool;          # anonymous and unused
  allVolumes @5 :Bool;
  content @6 :Bool;          # blobs that nothing holds
  until @7 :Int64;           # only what was created before; Unix time, nanoseconds; 0: all
  labels @8 :List(Text);     # "key", "key=value", "!key"
}
