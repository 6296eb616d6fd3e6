#include "pod_plan.h"

#include <algorithm>

namespace stave::node {

namespace {

constexpr int64_t nanosPerMilli = 1'000'000;
constexpr int64_t firstBackOff = 100 * nanosPerMilli;
constexpr int64_t longestBackOff = 60'000 * nanosPerMilli;
constexpr int64_t stableAfter = 10'000 * nanosPerMilli;

class Planner {
 public:
  Planner(const PodWish& wish, const PodState& state, int64_t now)
      : wish_(wish), state_(state), now_(now) {}

  Plan plan() {
    if (wish_.deleted) {
      planRemoval();
    } else if (wish_.desired == Desired::stopped || wish_.desired == Desired::created) {
      planRest();
    } else {
      planRunning();
    }
    return std::move(plan_);
  }

 private:
  void add(Action::Kind kind, std::vector<size_t> containers = {}) {
    plan_.actions.push_back({kind, std::move(containers)});
  }
  void wakeAt(int64_t time) { plan_.wakeAt = std::min(plan_.wakeAt.value_or(time), time); }

  template <typename Condition>
  std::vector<size_t> select(Condition condition) const {
    std::vector<size_t> result;
    for (size_t i = 0; i < state_.containers.size(); ++i) {
      if (condition(state_.containers[i])) result.push_back(i);
    }
    return result;
  }
  bool anyAlive() const {
    return !select([](auto& each) { return each.alive(); }).empty();
  }

  void planRemoval() {
    auto alive = select([](auto& each) { return each.alive() && !each.killed; });
    if (!alive.empty()) return add(Action::Kind::kill, alive);
    if (!anyAlive()) planPurge();
  }

  void planRest() {
    if (anyAlive()) return planStop([](auto&) { return true; });
    bool ran = state_.desired == Desired::stopped;
    if (ran && wish_.removeWhenDone) return planPurge();
    if (state_.networked) add(Action::Kind::tearDown);
    auto absent = select([](auto& each) { return each.phase == ContainerPhase::absent; });
    if (wish_.desired == Desired::created && !absent.empty() && !state_.waiting && mayTry()) {
      add(Action::Kind::prepare, absent);
    }
  }

  /// The stop signal, and SIGKILL for who does not heed it in time.
  template <typename Condition>
  void planStop(Condition condition) {
    auto paused =
        select([&](auto& each) { return condition(each) && each.phase == ContainerPhase::paused; });
    if (!paused.empty()) return add(Action::Kind::resume, paused);
    auto fresh = select(
        [&](auto& each) { return condition(each) && each.alive() && each.signalledAt == 0; });
    if (!fresh.empty()) add(Action::Kind::signalStop, fresh);
    std::vector<size_t> late;
    for (size_t i = 0; i < state_.containers.size(); ++i) {
      auto& each = state_.containers[i];
      if (!condition(each) || !each.alive() || each.signalledAt == 0 || each.killed) continue;
      int64_t deadline = each.signalledAt + wish_.stopTimeoutMillis * nanosPerMilli;
      if (deadline <= now_) {
        late.push_back(i);
      } else {
        wakeAt(deadline);
      }
    }
    if (!late.empty()) add(Action::Kind::kill, late);
  }

  void planRunning() {
    planStop([](auto& each) { return each.stopWanted; });
    if (!plan_.actions.empty()) return;
    if (state_.waiting || !mayTry()) return planEnd();
    if (planInitContainers()) return;
    planMainContainers();
    planEnd();
  }

  /// Whether nothing failed, or the failure is to be tried again now.
  bool mayTry() {
    if (!state_.failure) return true;
    if (givenUp()) return false;
    if (state_.failure->retryAt <= now_) return true;
    wakeAt(state_.failure->retryAt);
    return false;
  }
  bool givenUp() const { return state_.failure && !triesAgain(wish_, *state_.failure); }

  /// Returns whether the main containers still have to wait.
  bool planInitContainers() {
    if (anyAlive() && select([](auto& each) { return each.init && each.alive(); }).empty())
      return false;
    for (size_t i = 0; i < state_.containers.size(); ++i) {
      auto& each = state_.containers[i];
      if (!each.init) return false;
      if (each.phase == ContainerPhase::stopped && each.exitCode == 0 && !each.startWanted)
        continue;
      if (each.alive()) return true;
      planStart(i, each);
      return true;
    }
    return false;
  }

  void planMainContainers() {
    std::vector<size_t> pause, resume;
    for (size_t i = 0; i < state_.containers.size(); ++i) {
      auto& each = state_.containers[i];
      if (each.init) continue;
      if (!each.alive()) planStart(i, each);
      if (each.phase == ContainerPhase::running && wish_.desired == Desired::paused)
        pause.push_back(i);
      if (each.phase == ContainerPhase::paused && wish_.desired == Desired::running)
        resume.push_back(i);
    }
    if (!pause.empty()) add(Action::Kind::pause, pause);
    if (!resume.empty()) add(Action::Kind::resume, resume);
  }

  void planStart(size_t index, const ContainerState& container) {
    if (!container.startWanted && !restarts(wish_, container)) return;
    if (!container.startWanted && container.notBefore > now_) return wakeAt(container.notBefore);
    if (plan_.actions.empty() || plan_.actions.back().kind != Action::Kind::start) {
      add(Action::Kind::start);
    }
    plan_.actions.back().containers.push_back(index);
  }

  /// Nothing runs and nothing will: gives back what only running containers need.
  void planEnd() {
    bool over = plan_.actions.empty() && !plan_.wakeAt && !anyAlive() && !state_.waiting;
    if (!over) return;
    if (wish_.removeWhenDone) return planPurge();
    if (state_.networked) add(Action::Kind::tearDown);
  }

  /// What the pod still has is given back, and then its object goes.
  void planPurge() {
    if (!state_.purged && plan_.actions.empty()) add(Action::Kind::purge);
  }

  const PodWish& wish_;
  const PodState& state_;
  int64_t now_;
  Plan plan_;
};

}  // namespace

bool triesAgain(const PodWish& wish, const Failure& failure) {
  constexpr uint32_t mostLostDrivers = 5;
  if (failure.permanent) return false;
  if (failure.driverLost && failure.attempts < mostLostDrivers) return true;
  return wish.restartMode != RestartMode::never;
}

void observeWish(const PodWish& wish, PodState& state) {
  bool wasUp =
      state.adopted && (state.desired == Desired::running || state.desired == Desired::paused);
  bool up = wish.desired == Desired::running || wish.desired == Desired::paused;
  bool again = state.adopted && state.restart != wish.restart;
  if (up && (!wasUp || again)) {
    state.failure.reset();
    state.waiting = false;
    for (auto& each : state.containers) {
      if (each.alive() && !again) continue;
      each.startWanted = true;
      each.stopWanted = each.alive();
      each.restarts = 0;
      each.backOff = 0;
    }
  }
  if (!up) {
    for (auto& each : state.containers) each.startWanted = each.stopWanted = false;
  }
  bool restWanted = !up && wasUp;
  if (restWanted) state.waiting = false;
  bool changed = !state.adopted || state.desired != wish.desired;
  if (changed && wish.desired == Desired::created && !restWanted) state.failure.reset();
  state.adopted = true;
  state.restart = wish.restart;
  state.desired = wish.desired;
}

Plan planPod(const PodWish& wish, const PodState& state, int64_t now) {
  return Planner(wish, state, now).plan();
}

void recordExit(ContainerState& container, int32_t exitCode, int64_t now) {
  container.phase = ContainerPhase::stopped;
  container.pid = 0;
  container.exitCode = exitCode;
  container.finishedAt = now;
  container.signalledAt = 0;
  container.killed = false;
  container.stopWanted = false;
  if (container.finishedAt - container.startedAt >= stableAfter) container.backOff = 0;
  auto shift = std::min<uint32_t>(container.backOff, 20);
  container.notBefore = now + std::min(firstBackOff << shift, longestBackOff);
  ++container.backOff;
}

void recordStart(ContainerState& container, int32_t pid, int64_t now) {
  container.phase = ContainerPhase::running;
  container.pid = pid;
  container.startedAt = now;
  container.exitCode = 0;
  container.oomKilled = false;
  container.message.clear();
  if (!container.startWanted) ++container.restarts;
  container.startWanted = false;
  container.stopWanted = false;
  container.signalledAt = 0;
  container.killed = false;
}

bool restarts(const PodWish& wish, const ContainerState& container) {
  if (container.phase != ContainerPhase::stopped) return false;
  if (container.init && container.exitCode == 0) return false;
  switch (wish.restartMode) {
    case RestartMode::never:
      return false;
    case RestartMode::always:
    case RestartMode::unlessStopped:
      return true;
    case RestartMode::onFailure:
      return container.exitCode != 0 &&
             (wish.maximumRetries == 0 || container.restarts < wish.maximumRetries);
  }
  return false;
}

}  // namespace stave::node
