#pragma once

#include <stdint.h>

/// What the plug-in and the monitor tell each other. The plug-in compiles a container's
/// specification into a plan: one block of memory with a header, fixed-size steps and the texts
/// that they refer to. The monitor reads it in place. Both come from one build, so the layout has a
/// version and no history.
///
/// Also compiled without a C++ library: plain data only.
namespace stave::native::plan {

constexpr uint32_t magicNumber = 0x53'54'50'4c;  // "STPL"
constexpr uint32_t currentVersion = 1;
constexpr int maximumSlots = 512;
constexpr int maximumCgroups = 16;

/// The descriptors that a monitor starts with. The plan comes later, over the socket that it
/// reports on: in messages of one PlanPart each, with the descriptor of the plan's memory first,
/// and then those of its slots in their order. If the socket is closed instead, the monitor ends.
enum Descriptor : int { reportFd = 3, statusFd = 4, controlFd = 5 };

constexpr int maximumGiven = maximumSlots / 2;  ///< slots of descriptors that come with the plan

struct PlanPart {
  uint32_t last;  ///< 0: another one follows
};

/// Bytes in the plan, from its beginning. Texts end in a zero that `size` does not count.
struct Text {
  uint32_t offset;
  uint32_t size;
};

enum class Operation : uint32_t {
  joinNamespaces,  ///< first: CLONE_NEW* flags; slot: a namespace or a pidfd
  unshare,         ///< first: CLONE_NEW* flags
  awaitMaps,       ///< until the monitor has written the maps of the user namespace
  enterCgroups,    ///< version 1: those of the header
  hostname,        ///< text
  domainname,      ///< text
  makePrivate,     ///< every mount of the new mount namespace
  createTree,      ///< text: type; other: key, value, key, value; first: MOUNT_ATTR_*; slot: result
  pivotRoot,       ///< slot: becomes the root, the old one is gone
  attachTree,      ///< slot; text: target; flags
  makeDirectory,   ///< text; first: mode
  makeSymlink,     ///< text: path; other: what it points to
  makeDevice,      ///< text; first: mode with type; second: device; third: owner << 32 | group
  maskPath,        ///< text; nothing there: nothing happens
  readOnlyPath,    ///< text; likewise
  readOnlyRoot,
  writeFile,         ///< text: existing file; other: content
  workingDirectory,  ///< text; made if missing
  limit,        ///< first: resource; second: soft; third: hard. Too high: a warning, the highest
  streams,      ///< standard streams from the pipes or a terminal; first: owner << 32 | group
  bounding,     ///< first: capabilities to keep in the bounding set
  identity,     ///< first: user; second: group; other: array of uint32_t, the additional groups
  findCommand,  ///< first of Header::candidates that is executable
  noNewPrivileges,
  seccomp,       ///< text: array of sock_filter
  capabilities,  ///< first: permitted and effective; second: inheritable and ambient
};

enum StepFlag : uint32_t {
  targetIsFile = 1,  ///< a missing target is made as an empty file, not a directory
  noSymlinks = 2,    ///< the target's path may not go through a symbolic link
  byMonitor = 4,     ///< carried out before the process is made, with the rights of the host
};

struct Step {
  Operation operation;
  uint32_t flags;
  int32_t slot;
  uint32_t reserved;
  uint64_t first;
  uint64_t second;
  uint64_t third;
  Text text;
  Text other;
};

enum HeaderFlag : uint32_t {
  terminal = 1,
  openStdin = 2,
  stdinOnce = 4,
  isExec = 8,          ///< an additional process: one attachment, which is waited for; no listener
  discardOutput = 16,  ///< standard output and error are /dev/null
  killRest =
      32,  ///< the container has no PID namespace of its own: its cgroup is emptied at the end
  startAtOnce = 64,  ///< do not wait for Request::start
};

struct Header {
  uint32_t magic;
  uint32_t version;
  uint32_t flags;
  uint32_t size;         ///< of the whole plan
  uint64_t cloneFlags;   ///< CLONE_NEW* of the child
  int32_t pidNamespace;  ///< slots joined by the monitor for its child; -1: none
  int32_t network;
  int32_t cgroupDirectory;  ///< version 2: cloned into
  int32_t cgroupCount;      ///< version 1: slots of `tasks` files to be entered
  int32_t cgroupTasks[maximumCgroups];
  int32_t oomFile;   ///< slot of memory.oom_control or memory.events
  int32_t killFile;  ///< slot of cgroup.kill (version 2) or of a cgroup.procs
  int32_t logDirectory;
  int32_t initProgram;  ///< slot of the executable that becomes PID 1 and starts the command
  uint32_t slotCount;   ///< descriptors that come with the plan
  uint32_t logFiles;
  uint64_t logBytes;
  uint16_t width;
  uint16_t height;
  uint32_t stepCount;
  uint32_t stepsOffset;
  uint32_t argumentCount;
  uint32_t environmentCount;
  uint32_t candidateCount;
  Text arguments;  ///< texts one after the other
  Text environment;
  Text candidates;  ///< paths to try for the command
  Text logName;
  Text uidMap;  ///< lines of /proc/PID/uid_map; empty: no user namespace
  Text gidMap;
};

/// Sent on reportFd while the container is prepared.
enum class ReportKind : uint32_t { warning, failure, ready };

struct Report {
  ReportKind kind;
  uint32_t step;  ///< its number; `notAStep` for the monitor's own work
  int32_t error;  ///< errno
  int32_t value;  ///< ready: the process; failure outside a step: a MonitorWork
};

constexpr uint32_t notAStep = 0xffff'ffff;

enum class MonitorWork : int32_t { plan, pipes, joinNetwork, joinPid, clone, userMap, died };

/// The content of the file behind statusFd. `phase` is written last.
enum class Phase : uint32_t { creating, created, running, stopped };

struct Status {
  uint32_t magic;
  Phase phase;
  int32_t monitorPid;
  int32_t pid;
  int32_t code;
  int32_t execError;  ///< errno of a command that could not be executed
  uint32_t oomKilled;
  uint32_t reserved;
  int64_t startedAt;  ///< Unix time, nanoseconds
  int64_t finishedAt;
};

/// On a SOCK_SEQPACKET control connection: one request, one reply.
enum class Request : uint32_t { start, attach, resize, reopenLog };

struct ControlRequest {
  Request kind;
  uint32_t number;  ///< comes back in the reply
  uint16_t width;
  uint16_t height;
};

struct ControlReply {
  uint32_t number;
  int32_t error;  ///< errno; 0: done
  int32_t pid;
};

/// Frames of an attachment.
constexpr uint32_t frameHeaderSize = 8;
enum FrameKind : uint8_t { standardInput, standardOutput, standardError, endOfStream };

}  // namespace stave::native::plan
