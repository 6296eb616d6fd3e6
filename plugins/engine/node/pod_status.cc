#include <algorithm>

#include "pod_record.h"
#include "text.h"

namespace stave::node {

namespace {

using Phase = schema::PodStatus::Phase;
using State = schema::ContainerStatus::State;

State stateOf(const ContainerState& container, bool restarting) {
  switch (container.phase) {
    case ContainerPhase::absent:
      return State::WAITING;
    case ContainerPhase::prepared:
      return State::CREATED;
    case ContainerPhase::running:
      return State::RUNNING;
    case ContainerPhase::paused:
      return State::PAUSED;
    case ContainerPhase::stopped:
      return restarting ? State::RESTARTING : State::STOPPED;
  }
  return State::WAITING;
}

bool willRestart(const PodWish& wish, const PodState& state, const ContainerState& container) {
  bool up = wish.desired == Desired::running && !wish.deleted && !state.failure;
  return up && (container.startWanted || restarts(wish, container));
}

Phase phaseOf(const PodWish& wish, const PodState& state) {
  bool alive = false, paused = true, stopping = false, ran = false, again = false;
  bool prepared = !state.containers.empty();
  for (auto& each : state.containers) {
    if (each.phase == ContainerPhase::absent) prepared = false;
    if (each.phase == ContainerPhase::stopped) ran = true;
    if (willRestart(wish, state, each)) again = true;
    if (!each.alive()) continue;
    alive = true;
    if (each.phase != ContainerPhase::paused) paused = false;
    if (each.signalledAt != 0 || each.killed) stopping = true;
  }
  if (alive) return stopping ? Phase::STOPPING : paused ? Phase::PAUSED : Phase::RUNNING;
  if (state.failure) return triesAgain(wish, *state.failure) ? Phase::PENDING : Phase::FAILED;
  if (state.waiting) return Phase::PENDING;
  if (ran) return again ? Phase::RUNNING : Phase::STOPPED;
  if (wish.desired == Desired::stopped) return Phase::STOPPED;
  return prepared && wish.desired == Desired::created ? Phase::CREATED : Phase::PENDING;
}

schema::ContainerStatus::Health healthOf(const HealthRecord& record) {
  return static_cast<schema::ContainerStatus::Health>(record.state);
}

void fillHealth(schema::ContainerStatus::Builder target, const HealthRecord& record) {
  target.setHealth(healthOf(record));
  target.setHealthFailures(record.failures);
  auto log = target.initHealthLog(record.results.size());
  for (size_t i = 0; i < record.results.size(); ++i) {
    log[i].setStart(record.results[i].start);
    log[i].setEnd(record.results[i].end);
    log[i].setExitCode(record.results[i].exitCode);
    log[i].setOutput(record.results[i].output.c_str());
  }
}

void fillContainer(schema::ContainerStatus::Builder target, const ContainerState& state,
                   const ContainerRecord& record, bool restarting) {
  target.setName(state.name.c_str());
  target.setId(state.id.c_str());
  target.setState(stateOf(state, restarting));
  target.setPid(state.pid);
  target.setExitCode(state.exitCode);
  target.setOomKilled(state.oomKilled);
  target.setStartedAt(state.startedAt);
  target.setFinishedAt(state.finishedAt);
  target.setRestarts(state.restarts);
  target.setMessage(state.message.c_str());
  target.setImageId(record.imageId.c_str());
  target.setLogPath(record.logPath.c_str());
  setTexts(record.command, [&](auto n) { return target.initCommand(n); });
  if (record.health != nullptr) fillHealth(target, record.health->record());
  auto volumes = target.initVolumes(record.volumes.size());
  for (size_t i = 0; i < record.volumes.size(); ++i) {
    volumes[i].setName(record.volumes[i].name.c_str());
    volumes[i].setTarget(record.volumes[i].target.c_str());
    volumes[i].setAnonymous(record.volumes[i].anonymous);
  }
}

bool isReady(const PodRecord& pod) {
  for (size_t i = 0; i < pod.containers.size(); ++i) {
    auto& state = pod.state.containers[i];
    auto& record = pod.containers[i];
    if (state.init) continue;
    if (state.phase != ContainerPhase::running) return false;
    if (record.readiness != nullptr &&
        record.readiness->record().state != HealthRecord::State::healthy) {
      return false;
    }
    if (record.health != nullptr &&
        record.health->record().state == HealthRecord::State::unhealthy) {
      return false;
    }
  }
  return !pod.containers.empty();
}

void fillReason(schema::PodStatus::Builder target, const PodRecord& pod) {
  if (pod.state.failure) {
    auto& failure = *pod.state.failure;
    target.setReason(failure.reason.c_str());
    target.setMessage(failure.message.c_str());
    target.setCode(failure.code);
    target.setExitCode(failure.exitCode);
  } else if (pod.state.waiting) {
    target.setReason(pod.waitReason.c_str());
    target.setMessage(pod.waitMessage.c_str());
  }
}

}  // namespace

void fillPodStatus(schema::PodStatus::Builder target, const PodRecord& pod,
                   const std::string& node) {
  auto wish = wishOf(*pod.object);
  target.setPhase(phaseOf(wish, pod.state));
  target.setObservedGeneration(pod.object->generation());
  target.setNode(node.c_str());
  target.setRestart(pod.state.restart);
  target.setDesired(static_cast<schema::PodSpec::Desired>(pod.state.desired));
  target.setReady(isReady(pod));
  fillReason(target, pod);
  auto init = target.initInitContainers(pod.firstMain());
  auto main = target.initContainers(pod.containers.size() - pod.firstMain());
  int64_t started = 0;
  for (size_t i = 0; i < pod.containers.size(); ++i) {
    auto& state = pod.state.containers[i];
    auto slot = state.init ? init[i] : main[i - pod.firstMain()];
    fillContainer(slot, state, pod.containers[i], willRestart(wish, pod.state, state));
    if (state.startedAt != 0)
      started = started == 0 ? state.startedAt : std::min(started, state.startedAt);
  }
  target.setStartedAt(started);
  auto& endpoints = pod.network.endpoints();
  auto list = target.initEndpoints(endpoints.size());
  for (size_t i = 0; i < endpoints.size(); ++i) {
    list[i].setNetwork(endpoints[i].network.c_str());
    list[i].setEndpoint(endpoints[i].id.c_str());
    list[i].setStatus(*endpoints[i].status);
  }
}

}  // namespace stave::node
