#include "pod_starter.h"

#include <stave/capability.h>
#include <stave/error.h>
#include <stave/os/file.h>
#include <stave/schema/objects/volume.capnp.h>

#include <algorithm>

#include "names.h"
#include "text.h"

namespace stave::node {

namespace {

constexpr const char* attachAnnotation = "stave/attach";
constexpr auto longestWaitForAttachment = 10 * kj::SECONDS;
constexpr int32_t exitNotStarted = 125, exitNotExecutable = 126, exitNotFound = 127;

bool helpless(ErrorCode code) {
  return code == ErrorCode::INVALID || code == ErrorCode::NOT_FOUND || code == ErrorCode::DENIED ||
         code == ErrorCode::UNSUPPORTED;
}

Readiness waitingFor(const char* reason, std::string message) {
  return {.state = Readiness::State::waiting, .reason = reason, .message = std::move(message)};
}

bool isReady(const Readiness& readiness) {
  return readiness.state == Readiness::State::ready;
}

}  // namespace

PodStarter::PodStarter(Environment& environment, NetworkReconciler& networks,
                       VolumeReconciler& volumes, PodRecord& pod, FindPod findPod,
                       std::function<void()> wake)
    : environment_(environment),
      networks_(networks),
      volumes_(volumes),
      pod_(pod),
      findPod_(std::move(findPod)),
      wake_(std::move(wake)),
      mounts_(environment, volumes) {}

Task<Readiness> PodStarter::check(std::vector<size_t> indices) {
  for (size_t index : indices) {
    auto& record = pod_.containers[index];
    if (record.image != nullptr) continue;
    ReadyImagePointer image;
    auto answer = co_await pod_.wants.look(pod_.object, pod_.containerSpec(index), image);
    if (!isReady(answer)) co_return std::move(answer);
    record.image = image;
    record.imageId = image->configDigest;
  }
  auto networks = checkNetworks();
  if (!isReady(networks)) co_return std::move(networks);
  for (size_t index : indices) {
    auto answer = co_await checkVolumes(index);
    if (!isReady(answer)) co_return std::move(answer);
  }
  co_return Readiness{};
}

Readiness PodStarter::checkNetworks() {
  if (!pod_.networkIsOwn() || pod_.network.hasSandbox()) return {};
  for (auto& wish : networkWishes()) {
    if (networks_.ready(wish.network)) continue;
    auto object = networks_.object(wish.network);
    if (object == nullptr) {
      return {.state = Readiness::State::failed,
              .reason = "NetworkNotFound",
              .message = "network " + wish.network + " not found",
              .code = ErrorCode::NOT_FOUND,
              .permanent = true};
    }
    auto status = object->status<schema::NetworkStatus>();
    auto message = "network " + wish.network + " is not ready: " + text(status.getMessage());
    if (status.getPhase() != schema::NetworkStatus::Phase::FAILED) {
      return waitingFor("NetworkPending", message);
    }
    return {.state = Readiness::State::failed,
            .reason = "NetworkFailed",
            .message = message,
            .code = ErrorCode::UNAVAILABLE};
  }
  return {};
}

Task<Readiness> PodStarter::checkVolumes(size_t index) {
  auto& record = pod_.containers[index];
  Readiness answer;
  try {
    auto wanted = PodMounts::volumesOf(pod_.spec(), pod_.containerSpec(index),
                                       record.image->config.run, record.control->id());
    for (auto& [name, anonymous] : wanted) {
      if (volumes_.ready(name)) continue;
      co_await volumes_.ensure(name, anonymous, pod_.object);
      auto object = volumes_.object(name);
      auto status = object == nullptr ? schema::VolumeStatus::Reader()
                                      : object->status<schema::VolumeStatus>();
      auto message = "volume " + name + " is not ready: " + text(status.getMessage());
      if (status.getPhase() != schema::VolumeStatus::Phase::FAILED) {
        co_return waitingFor("VolumePending", message);
      }
      co_return Readiness{.state = Readiness::State::failed,
                          .reason = "VolumeFailed",
                          .message = message,
                          .code = ErrorCode::UNAVAILABLE};
    }
  } catch (const kj::Exception& exception) {
    answer = {.state = Readiness::State::failed,
              .reason = "VolumeFailed",
              .message = textOf(exception),
              .code = codeOf(exception),
              .permanent = helpless(codeOf(exception))};
  }
  co_return std::move(answer);
}

Task<> PodStarter::prepare(std::vector<size_t> indices) {
  for (size_t index : indices) {
    auto there = fileSystem(index);
    co_await kj::mv(there.made);
    auto& record = pod_.containers[index];
    record.command = commandLine(pod_.containerSpec(index), record.image->config.run);
  }
}

ContainerControl::FileSystem PodStarter::fileSystem(size_t index) {
  auto& record = pod_.containers[index];
  auto& state = pod_.state.containers[index];
  if (state.phase != ContainerPhase::absent) return record.control->open();
  auto made = record.control->prepare(record.image->chainId, pod_.spec().getUserNamespace());
  made.made = made.made.then([&state]() { state.phase = ContainerPhase::prepared; });
  return made;
}

Task<std::optional<Failure>> PodStarter::start(std::vector<size_t> indices) {
  failure_.reset();
  gathered_.clear();
  kj::Vector<kj::Promise<void>> work;
  // What takes longest is asked for first.
  for (size_t index : indices) {
    work.add(gather(index));
    pod_.containers[index].control->reserve(text(pod_.spec().getCgroupParent()));
  }
  identityKnown_ = pod_.network.hasSandbox();
  kj::Promise<void> connecting = kj::READY_NOW;
  if (!identityKnown_) connecting = guard("NetworkFailed", buildNetwork());
  connected_ = connecting.fork();
  co_await kj::joinPromises(work.releaseAsArray());
  co_await pod_.network.whenSandboxed().exclusiveJoin(connected_.addBranch());
  for (size_t index : indices) {
    if (failure_) break;
    kj::Promise<void> launching = launch(index);
    // Who makes the file system knows better than the container why there is none.
    co_await gathered_[index].rooted.addBranch();
    co_await guard("StartFailed", kj::mv(launching));
  }
  co_await connected_.addBranch();
  gathered_.clear();
  if (failure_) co_await undo(indices);
  co_return std::move(failure_);
}

Task<> PodStarter::gather(size_t index) {
  kj::Promise<void> rooting = guard("RootFailed", gatherRoot(index));
  gathered_[index].rooted = rooting.fork();
  kj::Vector<kj::Promise<void>> work;
  work.add(guard("MountFailed", gatherMounts(index)));
  work.add(awaitAttachment(index));
  co_await kj::joinPromises(work.releaseAsArray());
}

/// Whoever made the pod may want to see its output from the first byte on.
Task<> PodStarter::awaitAttachment(size_t index) {
  bool announced = pod_.object->annotation(attachAnnotation) == "true";
  if (!announced || pod_.state.containers[index].startedAt != 0) co_return;
  co_await pod_.containers[index].attachments->whenAttached().exclusiveJoin(
      environment_.timer.afterDelay(longestWaitForAttachment));
}

Task<> PodStarter::gatherRoot(size_t index) {
  auto there = fileSystem(index);
  auto mounting = there.root.mountRequest().send();
  gathered_[index].root = mounting.getTree();
  co_await kj::mv(there.made);
  co_await kj::mv(mounting);
}

Task<> PodStarter::gatherMounts(size_t index) {
  auto& record = pod_.containers[index];
  if (!record.logPath.empty()) {
    os::makeDirectories(record.logPath.substr(0, record.logPath.rfind('/')), 0700);
  }
  auto planned = co_await mounts_.plan(pod_.object, pod_.containerSpec(index),
                                       &record.image->config.run, record.control->id());
  record.volumes.clear();
  for (auto& each : planned) {
    if (!each.volume.empty()) record.volumes.push_back({each.volume, each.target, each.anonymous});
  }
  gathered_[index].mounts = kj::mv(planned);
}

Task<> PodStarter::launch(size_t index) {
  auto& record = pod_.containers[index];
  if (needsInterfaces()) co_await connected_.addBranch();
  bool known = identityKnown_;
  auto fill = [this, index](schema::ContainerSpec::Builder target) { fillSpec(target, index); };
  auto late = [this, index, known]() { return filesOnceConnected(index, known); };
  auto running = record.control->run(fill, late, *record.attachments);
  auto pid = co_await kj::mv(running);
  noteStarted(index, pid);
}

void PodStarter::noteStarted(size_t index, int32_t pid) {
  recordStart(pod_.state.containers[index], pid, environment_.now());
  startChecks(index);
}

void PodStarter::startChecks(size_t index) {
  auto& record = pod_.containers[index];
  auto container = pod_.containerSpec(index);
  auto begin = [&](HealthPlan plan) -> kj::Own<HealthChecker> {
    if (plan.command.empty()) return {};
    return kj::heap<HealthChecker>(environment_, std::move(plan),
                                   pod_.state.containers[index].startedAt, record.control->client(),
                                   wake_);
  };
  auto run = record.image == nullptr ? image::RunConfig() : record.image->config.run;
  record.health = begin(healthPlanOf(container, run));
  record.readiness = begin(readinessPlanOf(container));
}

Task<> PodStarter::undo(std::vector<size_t> indices) {
  bool alive = false;
  for (size_t index : indices) {
    auto& record = pod_.containers[index];
    auto& state = pod_.state.containers[index];
    record.health = nullptr;
    record.readiness = nullptr;
    record.control->release();
    if (state.alive()) state.phase = ContainerPhase::prepared;
    std::string failure;
    try {
      if (record.control->exists()) co_await record.control->discard();
    } catch (const kj::Exception& exception) {
      failure = textOf(exception);
    }
    if (!failure.empty()) environment_.warn("undoing the start of " + state.id + ": " + failure);
    record.attachments->reject(makeError(failure_->code, failure_->message));
  }
  for (auto& each : pod_.state.containers) alive = alive || each.alive();
  if (!alive) co_await pod_.network.tearDown();
}

Task<> PodStarter::guard(const char* reason, kj::Promise<void> work) {
  try {
    co_await kj::mv(work);
  } catch (const kj::Exception& exception) {
    recordFailure(reason, exception);
  }
}

void PodStarter::recordFailure(const char* reason, const kj::Exception& exception) {
  if (failure_) return;
  auto code = codeOf(exception);
  auto message = textOf(exception);
  Failure failure{.reason = reason,
                  .message = message,
                  .code = code,
                  .exitCode = exitNotStarted,
                  .permanent = helpless(code),
                  .driverLost = code == ErrorCode::UNAVAILABLE};
  bool starting = failure.reason == "StartFailed";
  if (starting && code == ErrorCode::NOT_FOUND) {
    failure.reason = "CommandNotFound";
    failure.exitCode = exitNotFound;
  } else if (starting && code == ErrorCode::DENIED) {
    failure.reason = "CommandNotExecutable";
    failure.exitCode = exitNotExecutable;
  } else if (failure.reason == "NetworkFailed" && code == ErrorCode::CONFLICT) {
    failure.reason = message.find("port") != message.npos ? "PortInUse" : "AddressInUse";
  }
  failure_ = std::move(failure);
}

}  // namespace stave::node
