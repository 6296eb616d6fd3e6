#include "pod_wait.h"

#include <stave/error.h>

#include <memory>

#include "unwritten.h"

namespace stave::cli {

namespace {

using Phase = schema::PodStatus::Phase;

PodEnd endOf(schema::PodStatus::Reader status) {
  PodEnd end;
  end.failed = status.getPhase() == Phase::FAILED;
  end.message = status.getMessage();
  if (end.failed && end.message.empty()) {
    end.message = "the container failed: " + std::string(status.getReason());
  }
  end.code = status.getCode();
  end.exitCode = status.getExitCode();
  auto containers = status.getContainers();
  if (!end.failed && containers.size() > 0) end.exitCode = containers[0].getExitCode();
  if (end.failed && end.exitCode == 0) end.exitCode = 125;
  return end;
}

bool isOver(schema::Object::Reader object) {
  auto status = object.getStatus().getAs<schema::PodStatus>();
  bool answers = status.getObservedGeneration() >= object.getMetadata().getGeneration();
  bool over = status.getPhase() == Phase::STOPPED || status.getPhase() == Phase::FAILED;
  return over && answers;
}

/// Whether the phase is what was wished. A container that ran and ended is an answer to `running`.
bool isAnswer(schema::PodStatus::Reader status, schema::PodSpec::Desired desired) {
  auto phase = status.getPhase();
  switch (desired) {
    case schema::PodSpec::Desired::CREATED:
      return phase == Phase::CREATED || phase == Phase::STOPPED;
    case schema::PodSpec::Desired::RUNNING:
      return phase == Phase::RUNNING || phase == Phase::STOPPED;
    case schema::PodSpec::Desired::PAUSED:
      return phase == Phase::PAUSED;
    case schema::PodSpec::Desired::STOPPED:
      return phase == Phase::STOPPED || phase == Phase::CREATED;
  }
  return false;
}

}  // namespace

Task<PodEnd> waitForEnd(schema::Objects::Client objects, ObjectCopy pod, uint64_t from,
                        bool removed) {
  auto end = std::make_shared<PodEnd>();
  auto uid = pod.uid();
  if (isOver(pod.reader())) *end = endOf(pod.status<schema::PodStatus>());
  if (isOver(pod.reader()) && !removed) co_return *end;
  auto selection = selectionOf(pod);
  auto isIt = [end, uid, removed](schema::WatchEvent::Reader event) {
    auto object = event.getObject();
    if (object.getMetadata().getUid() != uid.c_str()) return true;  // another of the same name
    bool gone = event.getType() == schema::WatchEvent::Type::REMOVED;
    bool over = isOver(object);
    if (gone || over) *end = endOf(object.getStatus().getAs<schema::PodStatus>());
    return gone || (over && !removed);
  };
  auto waiting = waitForObject(kj::mv(objects), kj::mv(selection), from, kj::mv(isIt));
  co_await kj::mv(waiting);
  co_return *end;
}

Task<PodEnd> waitForAnswer(schema::Objects::Client objects, ObjectCopy pod, uint64_t from,
                           schema::PodSpec::Desired desired) {
  auto end = std::make_shared<PodEnd>();
  auto wanted = pod.metadata().getGeneration();
  auto answers = [end, wanted, desired](schema::Object::Reader object) {
    auto status = object.getStatus().getAs<schema::PodStatus>();
    if (status.getObservedGeneration() < wanted) return false;
    *end = endOf(status);
    return end->failed || isAnswer(status, desired);
  };
  if (answers(pod.reader())) co_return *end;
  auto selection = selectionOf(pod);
  auto isIt = [answers](schema::WatchEvent::Reader event) {
    bool gone = event.getType() == schema::WatchEvent::Type::REMOVED;
    return answers(event.getObject()) || gone;
  };
  auto waiting = waitForObject(kj::mv(objects), kj::mv(selection), from, kj::mv(isIt));
  co_await kj::mv(waiting);
  co_return *end;
}

Task<> waitForState(schema::Objects::Client objects, ObjectCopy pod, uint64_t from,
                    schema::PodSpec::Desired desired) {
  auto waiting = waitForAnswer(kj::mv(objects), kj::mv(pod), from, desired);
  auto end = co_await kj::mv(waiting);
  if (end.failed) fail(end.code, end.message);
}

}  // namespace stave::cli
