#include "pod_worker.h"

#include <capnp/any.h>
#include <signal.h>
#include <stave/error.h>

#include <algorithm>

#include "names.h"
#include "text.h"

namespace stave::node {

namespace {

constexpr auto pauseAfterFailure = 500 * kj::MILLISECONDS;

}  // namespace

PodWorker::PodWorker(Parts parts, ObjectPointer object)
    : environment_(parts.environment),
      writer_(parts.writer),
      images_(parts.images),
      volumes_(parts.volumes),
      pod_(parts.environment, parts.networks, parts.writer, parts.images),
      starter_(parts.environment, parts.networks, parts.volumes, pod_, parts.findPod,
               [this]() { wake(); }),
      tasks_(parts.environment, "pod " + object->key()) {
  pod_.object = std::move(object);
  uint32_t index = 0;
  for (auto each : pod_.spec().getInitContainers()) addContainer(each, index++, true);
  index = 0;
  for (auto each : pod_.spec().getContainers()) addContainer(each, index++, false);
}

void PodWorker::addContainer(schema::PodContainer::Reader spec, uint32_t position, bool init) {
  size_t index = pod_.containers.size();
  ContainerState state;
  state.name = text(spec.getName());
  state.init = init;
  state.id = containerId(pod_.object->uid(), state.name, !init && position == 0, init);
  ContainerRecord record;
  record.specIndex = position;
  record.control = kj::heap<ContainerControl>(
      environment_, state.id, [this, index](const auto& exit) { onExit(index, exit); });
  record.attachments = kj::heap<Attachments>();
  if (spec.getLog().getDriver() != "none") {
    record.logPath = environment_.statePath + "/logs/" + state.id + "/output.log";
  }
  pod_.state.containers.push_back(std::move(state));
  pod_.containers.push_back(kj::mv(record));
}

Task<> PodWorker::run() {
  while (!pod_.state.purged) {
    auto wish = wishOf(*pod_.object);
    wish.deleted = wish.deleted || vanished_ || leaving_;
    poked_ = false;
    if (pod_.state.waiting && waitingSince_ != resources_) pod_.state.waiting = false;
    bool failed = pod_.state.failure.has_value();
    observeWish(wish, pod_.state);
    if (failed && !pod_.state.failure) pod_.wants.reset();  // somebody asked to try anew
    auto plan = planPod(wish, pod_.state, environment_.now());
    if (plan.actions.empty()) {
      co_await settle(plan.wakeAt);
      continue;
    }
    for (auto& action : plan.actions) co_await perform(action);
  }
}

void PodWorker::update(ObjectPointer object) {
  pod_.object = std::move(object);
  wake();
}

void PodWorker::vanish() {
  vanished_ = true;
  wake();
}

void PodWorker::resourcesChanged() {
  ++resources_;
  if (pod_.state.waiting) wake();
}

void PodWorker::wake() {
  poked_ = true;
  KJ_IF_MAYBE (sleeper, sleeper_) (*sleeper)->fulfill();
}

void PodWorker::onExit(size_t index, const ContainerControl::Exit& exit) {
  auto& state = pod_.state.containers[index];
  if (exit.startedAt != 0) state.startedAt = exit.startedAt;
  recordExit(state, exit.code, exit.finishedAt != 0 ? exit.finishedAt : environment_.now());
  state.oomKilled = exit.oomKilled;
  state.message = exit.message;
  pod_.containers[index].health = nullptr;
  pod_.containers[index].readiness = nullptr;
  wake();
}

Task<> PodWorker::settle(std::optional<int64_t> wakeAt) {
  if (!vanished_ && statusChanged()) {
    co_await publish();
    co_return;
  }
  co_await sleep(wakeAt);
}

Task<> PodWorker::sleep(std::optional<int64_t> wakeAt) {
  if (poked_) co_return;
  auto pair = kj::newPromiseAndFulfiller<void>();
  sleeper_ = kj::mv(pair.fulfiller);
  auto woken = kj::mv(pair.promise);
  if (wakeAt) {
    auto pause = std::max<int64_t>(0, *wakeAt - environment_.now());
    // One millisecond more, for the timer counts whole ones.
    woken = woken.exclusiveJoin(
        environment_.timer.afterDelay(pause * kj::NANOSECONDS + 1 * kj::MILLISECONDS));
  }
  co_await kj::mv(woken);
  sleeper_ = nullptr;
}

bool PodWorker::statusChanged() {
  auto message = kj::heap<capnp::MallocMessageBuilder>();
  fillPodStatus(message->initRoot<schema::PodStatus>(), pod_, environment_.nodeName);
  auto fresh = message->getRoot<capnp::AnyStruct>().asReader();
  if (published_.get() != nullptr && published_->getRoot<capnp::AnyStruct>().asReader() == fresh) {
    return false;
  }
  published_ = kj::mv(message);
  return true;
}

Task<> PodWorker::publish() {
  std::string failure;
  try {
    auto status = published_->getRoot<schema::PodStatus>().asReader();
    auto phase = kj::str("the pod is ", status.getPhase());
    if (status.getPhase() == schema::PodStatus::Phase::FAILED) {
      phase = kj::str(phase, ": ", status.getMessage());
    }
    co_await writer_.statusHolding<schema::PodStatus>(*pod_.object, status, phase.cStr());
  } catch (const kj::Exception& exception) {
    failure = textOf(exception);
  }
  if (!failure.empty()) {
    environment_.warn("writing the status of pod " + pod_.object->key() + ": " + failure);
    published_ = nullptr;
    co_await environment_.timer.afterDelay(pauseAfterFailure);
    co_return;
  }
  discardStopped();
}

/// The runtime may forget a container once its exit is written down.
void PodWorker::discardStopped() {
  for (size_t i = 0; i < pod_.containers.size(); ++i) {
    auto& control = *pod_.containers[i].control;
    if (pod_.state.containers[i].phase != ContainerPhase::stopped || !control.exists()) continue;
    tasks_.add(control.discard());
  }
}

Task<> PodWorker::perform(Action action) {
  std::string failure;
  try {
    co_await dispatch(action);
  } catch (const kj::Exception& exception) {
    failure = textOf(exception);
  }
  if (failure.empty()) co_return;
  environment_.warn("pod " + pod_.object->key() + ": " + failure);
  co_await environment_.timer.afterDelay(pauseAfterFailure);
}

Task<> PodWorker::dispatch(Action action) {
  switch (action.kind) {
    case Action::Kind::prepare:
      co_await begin(action.containers, false);
      break;
    case Action::Kind::start:
      co_await begin(action.containers, true);
      break;
    case Action::Kind::tearDown:
      co_await tearDown();
      break;
    case Action::Kind::purge:
      co_await purge();
      break;
    default:
      for (size_t index : action.containers) co_await performOn(action.kind, index);
  }
}

Task<> PodWorker::performOn(Action::Kind kind, size_t index) {
  auto& record = pod_.containers[index];
  auto& state = pod_.state.containers[index];
  auto& control = *record.control;
  if (!state.alive()) co_return;
  bool forced = kind == Action::Kind::kill;
  try {
    if (forced || kind == Action::Kind::signalStop) {
      int number = SIGKILL;
      auto run = record.image == nullptr ? image::RunConfig() : record.image->config.run;
      if (!forced) number = stopSignalOf(pod_.containerSpec(index), run);
      state.signalledAt = environment_.now();
      state.killed = forced;
      co_await control.signal(number, forced);
    } else if (kind == Action::Kind::pause) {
      co_await control.pause();
      state.phase = ContainerPhase::paused;
    } else if (kind == Action::Kind::resume) {
      co_await control.resume();
      state.phase = ContainerPhase::running;
    }
  } catch (const kj::Exception& exception) {
    // It has just ended by itself: its exit is on the way.
    if (codeOf(exception) == ErrorCode::CONFLICT) co_return;
    state.killed = false;
    throw;
  }
}

Task<> PodWorker::begin(std::vector<size_t> indices, bool start) {
  waitingSince_ = resources_;
  if (pod_.state.failure) pod_.wants.reset();
  pod_.state.failure.reset();
  auto readiness = co_await starter_.check(indices);
  if (readiness.state != Readiness::State::ready) {
    refuse(readiness);
    co_return;
  }
  std::optional<Failure> failure;
  if (start) {
    failure = co_await starter_.start(indices);
  } else {
    co_await starter_.prepare(indices);
  }
  pod_.state.networked = pod_.network.up();
  if (failure) {
    noteFailure(std::move(*failure));
  } else {
    attempts_ = 0;
  }
}

void PodWorker::refuse(const Readiness& readiness) {
  if (readiness.state == Readiness::State::waiting) {
    pod_.state.waiting = true;
    pod_.waitReason = readiness.reason;
    pod_.waitMessage = readiness.message;
    return;
  }
  noteFailure({.reason = readiness.reason,
               .message = readiness.message,
               .code = readiness.code,
               .permanent = readiness.permanent});
}

void PodWorker::noteFailure(Failure failure) {
  constexpr uint32_t mostDoublings = 5;
  constexpr int64_t longest = 300'000;
  auto wait = environment_.imageRetryMillis << std::min(attempts_, mostDoublings);
  failure.retryAt = environment_.now() + std::min(wait, longest) * nanosPerMilli;
  failure.attempts = ++attempts_;
  pod_.state.failure = std::move(failure);
  for (auto& record : pod_.containers) {
    record.attachments->reject(makeError(pod_.state.failure->code, pod_.state.failure->message));
  }
}

/// Taking an interface away takes the kernel long, and nobody who stops a pod waits for that.
Task<> PodWorker::tearDown() {
  kj::Promise<void> leaving = pod_.network.tearDown();
  if (!vanished_ && statusChanged()) co_await publish();
  co_await kj::mv(leaving);
  pod_.state.networked = false;
}

}  // namespace stave::node
