// A pod's other ends: taking over what was there before, giving back everything, and who looks in.

#include <stave/error.h>
#include <stave/os/file.h>

#include "pod_worker.h"
#include "text.h"

namespace stave::node {

namespace {

constexpr const char* removeVolumesAnnotation = "stave/remove-volumes";
constexpr auto pauseBeforeRetry = 500 * kj::MILLISECONDS;

ContainerPhase phaseOf(schema::ContainerState::Phase phase) {
  switch (phase) {
    case schema::ContainerState::Phase::CREATED:
      return ContainerPhase::prepared;
    case schema::ContainerState::Phase::RUNNING:
      return ContainerPhase::running;
    case schema::ContainerState::Phase::PAUSED:
      return ContainerPhase::paused;
    case schema::ContainerState::Phase::STOPPED:
      return ContainerPhase::stopped;
  }
  return ContainerPhase::absent;
}

ContainerPhase phaseOf(schema::ContainerStatus::State state) {
  switch (state) {
    case schema::ContainerStatus::State::WAITING:
      return ContainerPhase::absent;
    case schema::ContainerStatus::State::CREATED:
      return ContainerPhase::prepared;
    default:
      return ContainerPhase::stopped;
  }
}

}  // namespace

void PodWorker::adopt(FoundContainers& found) {
  auto status = pod_.object->status<schema::PodStatus>();
  bool seen = status.getObservedGeneration() != 0;
  pod_.state.adopted = seen;
  pod_.state.restart = status.getRestart();
  pod_.state.desired = static_cast<Desired>(status.getDesired());
  for (size_t i = 0; i < pod_.containers.size(); ++i) {
    auto before =
        pod_.state.containers[i].init ? status.getInitContainers() : status.getContainers();
    auto position = pod_.containers[i].specIndex;
    bool known = position < before.size();
    adoptContainer(i, known ? before[position] : schema::ContainerStatus::Reader(), found);
  }
  for (auto each : status.getEndpoints()) {
    pod_.network.adoptEndpoint(text(each.getNetwork()), text(each.getEndpoint()), each.getStatus());
  }
  pod_.state.networked = pod_.network.up();
  bool failed = status.getPhase() == schema::PodStatus::Phase::FAILED &&
                status.getObservedGeneration() == pod_.object->generation();
  if (!failed) return;
  pod_.state.failure = Failure{.reason = text(status.getReason()),
                               .message = text(status.getMessage()),
                               .code = status.getCode(),
                               .exitCode = status.getExitCode(),
                               .permanent = true};
}

void PodWorker::adoptContainer(size_t index, schema::ContainerStatus::Reader status,
                               FoundContainers& found) {
  auto& state = pod_.state.containers[index];
  auto& record = pod_.containers[index];
  state.phase = phaseOf(status.getState());
  state.exitCode = status.getExitCode();
  state.oomKilled = status.getOomKilled();
  state.startedAt = status.getStartedAt();
  state.finishedAt = status.getFinishedAt();
  state.restarts = status.getRestarts();
  state.message = text(status.getMessage());
  record.imageId = text(status.getImageId());
  record.command = texts(status.getCommand());
  record.image = images_.byId(record.imageId);
  for (auto each : status.getVolumes()) {
    record.volumes.push_back({text(each.getName()), text(each.getTarget()), each.getAnonymous()});
  }
  bool ran = status.getState() == schema::ContainerStatus::State::RUNNING ||
             status.getState() == schema::ContainerStatus::State::PAUSED;
  auto there = found.find(state.id);
  if (there == found.end()) {
    // The machine was restarted, and the process with it.
    if (ran) recordExit(state, 255, environment_.now());
    return;
  }
  auto now = *there->second.first;
  state.phase = phaseOf(now.getPhase());
  if (state.phase == ContainerPhase::prepared) return;  // begun and not started: redone
  if (now.getPid() != 0) state.pid = now.getPid();
  if (now.getStartedAt() != 0) state.startedAt = now.getStartedAt();
  record.control->adopt(there->second.second);
  if (state.phase == ContainerPhase::stopped && !ran && state.finishedAt != 0) return;
  if (state.phase == ContainerPhase::stopped) {
    auto exit = now.getExit();
    recordExit(state, exit.getCode(), exit.getFinishedAt());
    state.oomKilled = exit.getOomKilled();
  } else {
    starter_.startChecks(index);
  }
}

/// A pod that was deleted is gone when all of it is. One that goes by itself when it is done takes
/// its exit along in the commit that removes it; until then the runtime knows the exit, and forgets
/// it afterwards. The network goes last, without being waited for: it takes the kernel long, and
/// its driver does one thing after the other, so whoever wants an address or a port of this pod
/// gets it. After a crash, what is left belongs to no pod.
Task<> PodWorker::purge() {
  leaving_ = true;
  bool byItself = !vanished_ && !pod_.object->deleted();
  if (!vanished_ && !byItself && published_.get() == nullptr && statusChanged()) co_await publish();
  co_await removeFiles(byItself);
  co_await removeVolumes();
  auto gone = removeObject(byItself);
  tasks_.add(pod_.network.tearDown());
  co_await kj::mv(gone);
  tasks_.add(forgetContainers(byItself));
  pod_.state.purged = true;
}

/// What fails keeps nobody from learning how the containers ended.
Task<> PodWorker::removeFiles(bool byItself) {
  kj::Vector<kj::Promise<void>> removals;
  for (auto& record : pod_.containers) {
    record.health = nullptr;
    record.readiness = nullptr;
    record.attachments->reject(makeError(ErrorCode::NOT_FOUND, "the pod was deleted"));
    if (!byItself) removals.add(record.control->discard());
    removals.add(record.control->removeSnapshot());
  }
  kj::Maybe<kj::Exception> failure;
  try {
    co_await kj::joinPromises(removals.releaseAsArray());
    os::removeTree(starter_.mounts().emptyDirectory(pod_.object->uid()));
  } catch (const kj::Exception& exception) {
    failure = kj::cp(exception);
  }
  KJ_IF_MAYBE (exception, failure) {
    tasks_.add(pod_.network.tearDown());
    if (byItself && statusChanged()) co_await publish();
    kj::throwFatalException(kj::mv(*exception));
  }
}

kj::Promise<void> PodWorker::removeObject(bool byItself) {
  if (vanished_) return kj::READY_NOW;
  if (!byItself) return writer_.removeFinalizer(*pod_.object);
  statusChanged();
  auto status = published_->getRoot<schema::PodStatus>().asReader();
  return writer_.removeCleaned<schema::PodStatus>(*pod_.object, status,
                                                  "all its containers have stopped");
}

/// Nobody waits for this any more, so nobody else tries it again.
Task<> PodWorker::forgetContainers(bool discard) {
  for (auto& record : pod_.containers) {
    for (bool done = !discard; !done;) {
      auto discarding = record.control->discard().promise();
      auto tried = discarding.then([]() { return true; }, [](kj::Exception&&) { return false; });
      done = co_await kj::mv(tried);
      if (!done) co_await environment_.timer.afterDelay(pauseBeforeRetry);
    }
    if (record.logPath.empty()) continue;
    auto path = environment_.statePath + "/logs/" + record.control->id();
    auto removal = [path]() { os::removeTree(path); };
    auto removing = environment_.workers.run(kj::mv(removal));
    co_await kj::mv(removing);
  }
}

Task<> PodWorker::removeVolumes() {
  bool asked =
      pod_.spec().getRemoveWhenDone() || pod_.object->annotation(removeVolumesAnnotation) == "true";
  if (!asked) co_return;
  for (auto& record : pod_.containers) {
    for (auto& volume : record.volumes) {
      if (!volume.anonymous) continue;
      co_await volumes_.remove(volume.name, "pod " + pod_.object->key() + " is gone");
    }
  }
}

ContainerControl& PodWorker::control(std::string_view container) {
  return *pod_.containers[pod_.indexOf(container)].control;
}

const ContainerState& PodWorker::containerState(std::string_view container) const {
  return pod_.state.containers[pod_.indexOf(container)];
}

const ContainerRecord& PodWorker::containerRecord(std::string_view container) const {
  return pod_.containers[pod_.indexOf(container)];
}

bool PodWorker::goesOn(std::string_view container) const {
  auto wish = wishOf(*pod_.object);
  bool up = wish.desired == Desired::running && !wish.deleted && !vanished_ && !pod_.state.purged;
  auto& state = containerState(container);
  return up && (state.startWanted || restarts(wish, state)) && !pod_.state.failure;
}

kj::Promise<schema::Process::Client> PodWorker::attach(std::string_view container) {
  auto index = pod_.indexOf(container);
  auto& record = pod_.containers[index];
  if (pod_.state.containers[index].alive()) return attachNow(record.control->client());
  return record.attachments->waitForStart();
}

}  // namespace stave::node
