@0xb2f1c59e7d3a4c0b;
# A `runtime` plug-in makes processes run in isolation. The engine calls it, once per container.
#
# A container is given everything as descriptors: its root file system as a detached mount, its
# network namespace, volumes as detached mounts. A small monitor process is the container's parent.
# It writes output to the log file, keeps descriptors and writes down the exit code, and survives the
# death of this plug-in and of everything above. So after a restart the plug-in finds all containers
# again in its run directory.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "common.capnp";
using Storage = import "storage.capnp";

struct Mount {
  target @0 :Text $Common.required;  # absolute path in the container; made if it does not exist
  union {
    tree @1 :Common.Fd;              # a detached mount
    hostPath @2 :Text;               # bind mount of a file or directory of the host
    tmpfs @3 :TmpfsOptions;
    fileContent @4 :Data;            # a small read-write file with this content (resolv.conf, hosts)
    mqueue @5 :Void;
  }
  readOnly @6 :Bool;
  propagation @7 :Propagation;
  nosuid @8 :Bool;
  nodev @9 :Bool;
  noexec @10 :Bool;
  recursive @11 :Bool;               # bind: submounts too
  subPath @12 :Text;                 # below the tree or host path; may not leave it
  copyUp @13 :Bool;                  # first copy what the image holds at target into the (empty) tree
  createHostPath @14 :Bool;          # make a missing host directory, as `docker -v` does

  enum Propagation { private @0; slave @1; shared @2; rprivate @3; rslave @4; rshared @5; }
  struct TmpfsOptions { sizeBytes @0 :UInt64; mode @1 :UInt32; uid @2 :UInt32; gid @3 :UInt32; options @4 :Text; }
}

struct FileContent { target @0 :Text; content @1 :Data; }

struct Resources {
  # 0 always means: no limit or the system's default.
  cpuMillis @0 :UInt64;          # 500: half a processor
  cpuShares @1 :UInt64;          # 2 to 262144, relative weight, 1024 is the default
  cpuset @2 :Text;               # "0-1,3"
  cpusetMems @3 :Text;
  memory @4 :UInt64 $Common.bytes;
  memorySwap @5 :Int64 $Common.bytes;         # memory and swap together; -1: unlimited
  memoryReservation @6 :UInt64 $Common.bytes;
  memorySwappiness @7 :Int16 = -1;            # 0 to 100; -1: the system's
  pids @8 :Int64;                # processes; -1: no limit
  blkioWeight @9 :UInt16;        # 10 to 1000
  devices @10 :List(DeviceLimit);
  cpuPeriodMicros @11 :UInt64;   # with cpuQuotaMicros instead of cpuMillis
  cpuQuotaMicros @12 :Int64;
  oomKillDisable @13 :Bool;

  struct DeviceLimit {
    path @0 :Text;               # "/dev/vda"
    readBytesPerSecond @1 :UInt64 $Common.bytes;
    writeBytesPerSecond @2 :UInt64 $Common.bytes;
    readOperationsPerSecond @3 :UInt64;
    writeOperationsPerSecond @4 :UInt64;
  }
}

struct Rlimit { name @0 :Text; soft @1 :UInt64; hard @2 :UInt64; }
# name as in getrlimit without RLIMIT_, lower case: "nofile". All ones: unlimited.

struct Device { hostPath @0 :Text; path @1 :Text; permissions @2 :Text = "rwm"; }

struct Security {
  privileged @0 :Bool;           # all capabilities, all devices, no seccomp, nothing masked
  addCapabilities @1 :List(Text);    # "NET_ADMIN" or "CAP_NET_ADMIN" or "ALL"
  dropCapabilities @2 :List(Text);
  seccomp @3 :Text;              # empty: the default profile; "unconfined"; else a profile in Docker's JSON
  noNewPrivileges @4 :Bool;
  readOnlyRoot @5 :Bool;
  unmasked @6 :Bool;             # show all of /proc and /sys (systempaths=unconfined)
  userNamespace @7 :Bool;        # own user namespace with the mappings of ContainerSpec
  cgroupNamespaceHost @8 :Bool;
}

struct ContainerSpec {
  id @0 :Text $Common.required $Common.pattern("[a-z0-9][a-z0-9_.-]{0,127}");
  root @1 :Common.Fd;                  # detached mount, writable unless readOnlyRoot
  network @2 :Common.Fd;               # network namespace; null: the host's
  arguments @3 :List(Text) $Common.required;   # the first is looked up in PATH of `environment`
  environment @4 :List(Text);          # NAME=value
  workingDirectory @5 :Text;           # made if missing; empty: /
  user @6 :Text;                       # "name", "uid", "name:group", "uid:gid"; looked up in the container's passwd
  additionalGroups @7 :List(Text);
  hostname @8 :Text;
  domainname @9 :Text;
  terminal @10 :Bool;                  # a pseudo-terminal is the controlling terminal
  openStdin @11 :Bool;                 # keep standard input open for attachments; else it is /dev/null
  stdinOnce @12 :Bool;                 # close it when the first attachment that had it leaves
  mounts @13 :List(Mount);             # in this order
  resources @14 :Resources;
  security @15 :Security;
  rlimits @16 :List(Rlimit);
  sysctls @17 :List(Common.KeyValue);  # "net.ipv4.ip_forward"; only namespaced ones
  devices @18 :List(Device);
  init @19 :Bool;                      # a reaping init process is PID 1
  pid @20 :NamespaceMode;
  ipc @21 :NamespaceMode;
  uts @22 :NamespaceMode;
  uidMappings @23 :List(Storage.IdMapping);
  gidMappings @24 :List(Storage.IdMapping);
  cgroupParent @25 :Text;              # below the plug-in's own cgroup; empty: directly there
  log @26 :LogOptions;
  shmSize @27 :UInt64 $Common.bytes;   # of /dev/shm; 0: 64 MiB
  oomScoreAdj @28 :Int32;
  consoleWidth @29 :UInt16;
  consoleHeight @30 :UInt16;
}

struct NamespaceMode {
  union {
    own @0 :Void;
    host @1 :Void;
    container @2 :Text;                # that of another container, by id
  }
}

struct LogOptions {
  path @0 :Text;                       # log file; empty: output goes to attachments only
  maxBytes @1 :UInt64 $Common.bytes;   # rotate above; 0: 10 MiB
  maxFiles @2 :UInt32;                 # kept, the current one included; 0: 3
}
# Log format: one line per line of output, "NANOSECONDS STREAM FLAG TEXT\n": Unix time in decimal,
# `stdout` or `stderr`, `F` for a full line or `P` for a part of a longer or unended one. Rotated files
# are PATH.1 (newest), PATH.2... A full disk loses lines, and never blocks the container.

struct ExitStatus {
  code @0 :Int32;          # 0-255; 128 + n after signal n; 127 not found, 126 not executable, 125 ours
  oomKilled @1 :Bool;
  startedAt @2 :Int64;     # Unix time, nanoseconds
  finishedAt @3 :Int64;
  message @4 :Text;        # why it could not be started; empty if it was
}

struct ContainerState {
  id @0 :Text;
  phase @1 :Phase;
  pid @2 :Int32;           # on the host; 0 unless running or paused
  exit @3 :ExitStatus;     # once stopped
  startedAt @4 :Int64;
  monitorPid @5 :Int32;
  enum Phase { created @0; running @1; paused @2; stopped @3; }
}

struct ContainerStatistics {
  time @0 :Int64;          # when read; Unix time, nanoseconds
  cpuNanos @1 :UInt64;     # processor time used
  cpuUserNanos @2 :UInt64;
  cpuSystemNanos @3 :UInt64;
  systemCpuNanos @4 :UInt64;   # of the whole machine, for a percentage
  onlineCpus @5 :UInt32;
  throttledPeriods @6 :UInt64;
  periods @7 :UInt64;
  throttledNanos @8 :UInt64;
  memoryUsage @9 :UInt64;  # without inactive page cache, as docker shows it
  memoryLimit @10 :UInt64; # the machine's memory if there is no limit
  memoryCache @11 :UInt64;
  memoryMaxUsage @12 :UInt64;
  pids @13 :UInt64;
  pidsLimit @14 :UInt64;
  readBytes @15 :UInt64;
  writeBytes @16 :UInt64;
  readOperations @17 :UInt64;
  writeOperations @18 :UInt64;
  oomKills @19 :UInt64;
}

interface Runtime {
  create @0 (spec :ContainerSpec) -> (container :Container) $Common.unbounded;
  # Prepares everything and stops short of running the command: a bad spec, a missing or unexecutable
  # command ([not-found] and [denied] with runc's wording), a mount that cannot be made fails here and
  # leaves nothing behind. [already-exists] for an id in use. Dropping the capability keeps it.
  # Calls may be made on the container before it is there; they are carried out in their order.

  get @1 (id :Text) -> (container :Container, state :ContainerState) $Common.idempotent;   # Fails [not-found].
  list @2 () -> (containers :List(ContainerState)) $Common.idempotent;
  # Also what was found after a restart, stopped ones until they are deleted.

  features @3 () -> (cgroupVersion :UInt8, controllers :List(Text), userNamespaces :Bool,
                     missing :List(Text)) $Common.idempotent;
  # `missing`: in sentences, what this machine lacks and what therefore does not work.

  reserve @4 (id :Text, cgroupParent :Text) -> (reservation :Reservation);
  # Tells that `create` comes for this id and parent, as soon as storage and network have done their
  # part: what needs nothing else of the specification can be made meanwhile. `create` takes what was
  # made; dropping the capability before that gives it back. Nobody has to ask for it, and a runtime
  # for which there is nothing to make ahead returns an empty reservation. [already-exists] for an id in
  # use.
}

interface Reservation {}

interface Container {
  start @0 (files :List(FileContent)) -> (pid :Int32, pidfd :Common.Fd);
  # Fails [conflict] unless created. `files` replace the content of mounts that have a fileContent: what
  # was not known yet when it was created. Fails [invalid] for a target that is none of those.
  state @1 () -> (state :ContainerState) $Common.idempotent;
  wait @2 () -> (exit :ExitStatus) $Common.idempotent; # Returns when it has stopped.
  signal @3 (number :Int32, all :Bool);                # Fails [conflict] unless running. all: each process.
  pause @4 () $Common.idempotent;
  resume @5 () $Common.idempotent;
  update @6 (resources :Resources) $Common.idempotent; # Only fields that are not 0 change. Fails [conflict]
                                                       # once it has stopped.
  delete @7 () $Common.idempotent;                     # Kills it if need be; removes cgroup and run files.
  exec @8 (spec :ExecSpec) -> (process :Process);
  attach @9 () -> (process :Process);
  # The container's own process. Its output from now on: what comes before `streams` is called waits, as
  # for any slow reader. Earlier output is in the log.
  statistics @10 () -> (statistics :ContainerStatistics) $Common.idempotent;
  processes @11 () -> (pids :List(Int32)) $Common.idempotent;        # all in its cgroup, host numbers
  namespaces @12 () -> (network :Common.Fd, mount :Common.Fd, root :Common.Fd) $Common.idempotent;
  # Of the running container. `root`: its root directory, O_PATH.
  resize @13 (width :UInt16, height :UInt16) $Common.idempotent;     # Fails [unsupported] without terminal.
  reopenLog @14 () $Common.idempotent;                 # The file was moved away.
}

struct ExecSpec {
  arguments @0 :List(Text) $Common.required;
  environment @1 :List(Text);        # added to the container's
  workingDirectory @2 :Text;         # empty: the container's
  user @3 :Text;                     # empty: the container's
  terminal @4 :Bool;
  openStdin @5 :Bool;
  privileged @6 :Bool;
  consoleWidth @7 :UInt16;
  consoleHeight @8 :UInt16;
  detach @9 :Bool;                   # nobody will read its output; it goes to /dev/null
}

interface Process {
  # A process with its standard streams.

  streams @0 () -> (socket :Common.Fd);
  # A connected SOCK_STREAM Unix socket, once per Process. Frames both ways: one byte for the stream
  # (0 stdin, 1 stdout, 2 stderr, 3 end of a stream), three zero bytes, a big-endian 32 bit length,
  # then so many bytes; for 3 the payload is the one byte that names the stream that ended. A terminal
  # has only 0 and 1. A reader that is slow loses output of an attachment (never of the log) once 1
  # MiB waits for it, and delays an exec. For an exec the process starts when this is called.

  wait @1 () -> (exit :ExitStatus) $Common.idempotent;
  # Its exit; and of the container's own process the container's.
  resize @2 (width :UInt16, height :UInt16) $Common.idempotent;
  signal @3 (number :Int32);
  pid @4 () -> (pid :Int32) $Common.idempotent;        # on the host; 0 before it started
}
