@0xb2f1c59e7d3a4c24;
# The Pod object: the one unit that runs. One network identity, one or more containers. What `docker
# run` makes is a pod with one container whose name is "main".
#
# Whoever wants it writes the spec; the engine of the node named in `node` writes the status. A wrong
# spec is refused [invalid] when it is written; what only the machine can tell (an image that is not
# there, a port in use) shows as phase `failed`, or as `pending` with a reason while it is tried again.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "../common.capnp";
using Runtime = import "../runtime.capnp";
using Network = import "../network.capnp";

struct PodSpec {
  containers @0 :List(PodContainer) $Common.required $Common.uniqueBy("name");
  initContainers @1 :List(PodContainer) $Common.uniqueBy("name");
  # Run one after the other, each to success, before the containers start.

  desired @2 :Desired = running;
  restart @3 :UInt64;                # change it to have all containers stopped and started again
  node @4 :Text;                     # whose engine acts; empty: the single machine, or the scheduler's choice
  restartPolicy @5 :RestartPolicy;
  networks @6 :List(NetworkAttachment) $Common.uniqueBy("network");
  # The first gives the default route. Empty: the stack's default network. "host", "none": those.

  ports @7 :List(Network.PortMapping);
  hostname @8 :Text $Common.maximum(64);     # empty: the first 12 digits of the uid
  domainname @9 :Text;               # NIS domain name, setdomainname(2)
  dns @10 :Dns;
  extraHosts @11 :List(HostAlias);
  volumes @12 :List(PodVolume) $Common.uniqueBy("name");
  stopTimeoutMs @13 :UInt64 = 10000 $Common.milliseconds;   # from the stop signal to SIGKILL
  removeWhenDone @14 :Bool;          # delete the object once all containers have stopped (`--rm`)
  # Its anonymous volumes go with it. Those of another pod go too if it carries the annotation
  # "stave/remove-volumes" with the value "true" when it is deleted (`docker rm -v`).
  pid @15 :Sharing;                  # the three namespaces; each container has its own by default
  ipc @16 :Sharing;
  uts @17 :Sharing;
  sysctls @18 :List(Common.KeyValue);   # "net.core.somaxconn"; only those of the pod's own namespaces
  userNamespace @19 :Bool;           # root inside is nobody outside; the engine chooses the range
  cgroupParent @20 :Text;            # below the runtime plug-in's own; empty: directly there
  publishAll @21 :Bool;              # every port that the image exposes, to free host ports
  networkFrom @22 :Text;             # share the network identity of this pod (`--network container:x`)

  enum Desired { created @0; running @1; paused @2; stopped @3; }
  # created: everything is prepared and nothing runs (`docker create`).
}

struct RestartPolicy {
  # When a container that ended by itself is started again, after a pause that doubles each time.

  mode @0 :Mode;
  maximumRetries @1 :UInt32;         # onFailure; 0: no bound
  enum Mode { never @0; always @1; onFailure @2; unlessStopped @3; }
}

struct Sharing {
  mode @0 :Mode;
  from @1 :Text;                     # of another pod, by name
  enum Mode { own @0; host @1; pod @2; }    # pod: all containers of the pod share one
}

struct NetworkAttachment {
  network @0 :Text $Common.required; # name of a Network object
  aliases @1 :List(Text);            # further names that the network's DNS gives the pod
  ipv4 @2 :Text;                     # a wanted address, without a prefix length; empty: any
  ipv6 @3 :Text;
  mac @4 :Text;                      # "02:42:ac:11:00:02"; empty: any
}

struct Dns {
  # What stands in the containers' /etc/resolv.conf, resolv.conf(5).

  servers @0 :List(Text);            # empty: the network's own DNS
  search @1 :List(Text);             # domains
  options @2 :List(Text);            # "ndots:2"
}

struct HostAlias { name @0 :Text $Common.required; address @1 :Text $Common.required; }
# address "host-gateway": the host as the pod reaches it.

struct PodVolume {
  name @0 :Text $Common.required;
  union {
    empty @1 :Void;                  # lives as long as the pod
    hostPath @2 :Text;               # absolute path on the host
    volume @3 :Text;                 # a Volume object, made if missing
    tmpfs @4 :Runtime.Mount.TmpfsOptions;
    config @5 :Text;                 # a Config object, one file per entry
    secret @6 :Text;                 # a Secret object, likewise, in memory only
  }
}

struct VolumeMount {
  volume @0 :Text $Common.required;  # name in PodSpec.volumes
  target @1 :Text $Common.required $Common.pattern("/.*");
  readOnly @2 :Bool;                 # for this container; others may write
  propagation @3 :Runtime.Mount.Propagation = rprivate;
  subPath @4 :Text;                  # below the volume's root; may not leave it
  noCopy @5 :Bool;                   # do not copy image content into an empty volume
  createHostPath @6 :Bool;           # `docker -v`: make a missing host directory; else it is an error
}

struct PodContainer {
  name @0 :Text $Common.required $Common.pattern("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}");
  image @1 :Text $Common.required;   # a reference as the user wrote it
  command @2 :List(Text);            # instead of the image's entrypoint
  arguments @3 :List(Text);          # instead of the image's cmd (dropped also if `command` is set)
  clearCommand @4 :Bool;             # the image's entrypoint is dropped although `command` is empty
  environment @5 :List(Common.KeyValue);      # over the image's
  workingDirectory @6 :Text;         # absolute; empty: the image's
  user @7 :Text;                     # "name", "1000", "1000:50"; empty: the image's
  groups @8 :List(Text);             # further ones, names or numbers
  terminal @9 :Bool;                 # a pseudo terminal instead of pipes
  openStdin @10 :Bool;               # standard input stays open without anybody attached
  stdinOnce @11 :Bool;               # and is closed when the first who attached leaves
  mounts @12 :List(VolumeMount) $Common.uniqueBy("target");
  resources @13 :Runtime.Resources;
  security @14 :Runtime.Security;
  rlimits @15 :List(Runtime.Rlimit);
  devices @16 :List(Runtime.Device);
  stopSignal @17 :Text;              # "SIGTERM", "15"; empty: the image's, or SIGTERM
  health @18 :HealthCheck;
  init @19 :Bool;                    # a small first process that reaps orphans and passes signals on
  log @20 :Log;
  shmSize @21 :UInt64 $Common.bytes; # of /dev/shm; 0: 64 MiB
  oomScoreAdj @22 :Int32 $Common.minimum(-1000) $Common.maximum(1000);
  pull @23 :PullPolicy;
  readiness @24 :HealthCheck;        # until it succeeds the pod is not ready
  platform @25 :Common.Platform;
  consoleWidth @26 :UInt16;          # of the terminal at start; 0: not known
  consoleHeight @27 :UInt16;

  enum PullPolicy { missing @0; always @1; never @2; }
  struct Log {
    driver @0 :Text;                 # logging plug-in besides the file; "none": not even the file
    maxBytes @1 :UInt64 $Common.bytes;   # of one file; then it is rotated; 0: the engine's setting
    maxFiles @2 :UInt32;             # that are kept, the current one included; 0: likewise
  }
}

struct HealthCheck {
  # Docker's HEALTHCHECK.
  test @0 :List(Text);               # command; with `shell` its one element is a shell line
  shell @1 :Bool;
  disable @2 :Bool;                  # none, not even the image's
  intervalMs @3 :UInt64 $Common.milliseconds;      # 0: 30s
  timeoutMs @4 :UInt64 $Common.milliseconds;       # 0: 30s
  startPeriodMs @5 :UInt64 $Common.milliseconds;   # failures in it do not count
  retries @6 :UInt32;                              # 0: 3
  startIntervalMs @7 :UInt64 $Common.milliseconds; # 0: 5s
}

struct PodStatus {
  phase @0 :Phase;
  reason @1 :Text;                   # one CamelCase word: "ImagePullFailed", "PortInUse"
  message @2 :Text;                  # what is missing or went wrong, in a sentence
  observedGeneration @3 :UInt64;
  containers @4 :List(ContainerStatus);
  initContainers @5 :List(ContainerStatus);
  endpoints @6 :List(PodEndpoint);   # one per network, in the spec's order
  node @7 :Text;                     # whose engine wrote this
  startedAt @8 :Int64;               # of the first container; Unix time, nanoseconds
  ready @9 :Bool;                    # all containers run, none is unhealthy or not ready yet
  code @10 :Common.ErrorCode;        # of a failure
  exitCode @11 :Int32;               # 125, 126, 127 when it could not be started
  restart @12 :UInt64;               # PodSpec.restart and PodSpec.desired that the containers now follow;
  desired @13 :PodSpec.Desired;      # so that an engine that comes back knows what was asked meanwhile

  enum Phase { pending @0; created @1; running @2; paused @3; stopping @4; stopped @5; failed @6; }
  # failed: could not be created or started, and the restart policy does not try again.
}

struct PodEndpoint { network @0 :Text; endpoint @1 :Text; status @2 :Network.EndpointStatus; }

struct ContainerStatus {
  name @0 :Text;
  id @1 :Text;                       # 64 hex digits; of a pod's first container the pod's uid
  state @2 :State;
  pid @3 :Int32;                     # of its first process on the host; 0: it does not run
  exitCode @4 :Int32;                # of its last end; 128 + n after signal n
  oomKilled @5 :Bool;                # the kernel ended a process for want of memory
  startedAt @6 :Int64;               # Unix time, nanoseconds
  finishedAt @7 :Int64;              # 0: it has not ended yet
  restarts @8 :UInt32;               # by the restart policy
  message @9 :Text;                  # why it could not be started
  imageId @10 :Text;                 # config digest
  health @11 :Health;
  healthFailures @12 :UInt32;        # in a row
  healthLog @13 :List(HealthResult); # the last five
  logPath @14 :Text;                 # on the host; empty: it has no log
  volumes @15 :List(MountedVolume);  # also those that the image declares
  command @16 :List(Text);           # what really runs

  enum State { waiting @0; created @1; running @2; paused @3; stopped @4; restarting @5; }
  enum Health { none @0; starting @1; healthy @2; unhealthy @3; }
  struct HealthResult { start @0 :Int64; end @1 :Int64; exitCode @2 :Int32; output @3 :Text; }
  # One run of the health check; `output`: the first 4 KiB. Times in nanoseconds of Unix time.
  struct MountedVolume { name @0 :Text; target @1 :Text; anonymous @2 :Bool; }
}
