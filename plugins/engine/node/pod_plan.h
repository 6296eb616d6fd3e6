#pragma once

#include <stave/schema/common.capnp.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What to do next for a pod: a pure function of what is wanted, what is, and the time. The pod
/// worker carries it out and asks again.
namespace stave::node {

enum class Desired { created, running, paused, stopped };
enum class RestartMode { never, always, onFailure, unlessStopped };

/// What the spec says, as far as it decides on the pod's course.
struct PodWish {
  bool deleted = false;
  Desired desired = Desired::running;
  uint64_t restart = 0;
  RestartMode restartMode = RestartMode::never;
  uint32_t maximumRetries = 0;
  int64_t stopTimeoutMillis = 10'000;
  bool removeWhenDone = false;
};

enum class ContainerPhase { absent, prepared, running, paused, stopped };

struct ContainerState {
  std::string name;
  std::string id;
  bool init = false;
  ContainerPhase phase = ContainerPhase::absent;
  int32_t pid = 0;
  int32_t exitCode = 0;
  bool oomKilled = false;
  int64_t startedAt = 0;
  int64_t finishedAt = 0;
  uint32_t restarts = 0;
  std::string message;

  bool startWanted = false;  ///< somebody asked for it, whatever the restart policy says
  bool stopWanted = false;   ///< it is to stop, and then to be started again
  int64_t signalledAt = 0;   ///< when the stop signal was sent; 0: not
  bool killed = false;
  uint32_t backOff = 0;   ///< how often it was started again soon after its start
  int64_t notBefore = 0;  ///< when it may be started again

  bool alive() const { return phase == ContainerPhase::running || phase == ContainerPhase::paused; }
};

struct Failure {
  std::string reason;  ///< one CamelCase word
  std::string message;
  schema::ErrorCode code = schema::ErrorCode::INTERNAL;
  int32_t exitCode = 125;
  bool permanent = false;   ///< trying again cannot help
  bool driverLost = false;  ///< a plug-in died meanwhile; the kernel starts another
  int64_t retryAt = 0;
  uint32_t attempts = 0;
};

/// What is, as the worker knows it.
struct PodState {
  std::vector<ContainerState> containers;  ///< init containers first
  bool adopted = false;                    ///< `restart` and `desired` were followed before
  uint64_t restart = 0;
  Desired desired = Desired::created;
  bool networked = false;
  std::optional<Failure> failure;
  bool waiting = false;  ///< for an image, a network, a volume: an event will tell
  bool purged = false;
};

struct Action {
  enum class Kind { prepare, start, signalStop, kill, pause, resume, tearDown, purge };
  Kind kind;
  std::vector<size_t> containers = {};
  bool operator==(const Action&) const = default;
};

struct Plan {
  std::vector<Action> actions;    ///< do these now; none: wait
  std::optional<int64_t> wakeAt;  ///< at the latest
};

/// Whether a start that failed is tried again: by policy, and a few times under any policy if it
/// was only a plug-in that died, for then nobody knows yet whether the pod can run.
bool triesAgain(const PodWish& wish, const Failure& failure);

/// Takes note of what changed in the wish: which containers somebody asked to start or to start
/// again.
void observeWish(const PodWish& wish, PodState& state);

Plan planPod(const PodWish& wish, const PodState& state, int64_t now);

/// Takes note of a container's end, and when it may start again.
void recordExit(ContainerState& container, int32_t exitCode, int64_t now);

/// Takes note of a start.
void recordStart(ContainerState& container, int32_t pid, int64_t now);

/// Whether the policy starts a stopped container again by itself.
bool restarts(const PodWish& wish, const ContainerState& container);

}  // namespace stave::node
