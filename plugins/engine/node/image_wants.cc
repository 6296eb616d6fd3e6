#include "image_wants.h"

#include <capnp/message.h>
#include <stave/error.h>
#include <stave/schema/objects/image.capnp.h>

#include "text.h"

namespace stave::node {

namespace {

using PullPolicy = schema::PodContainer::PullPolicy;

Readiness waitingFor(const std::string& image, const std::string& message = {}) {
  return {.state = Readiness::State::waiting,
          .reason = "ImagePulling",
          .message = "waiting for image " + image + (message.empty() ? "" : ": " + message)};
}

Readiness pullFailed(std::string message, ErrorCode code) {
  return {.state = Readiness::State::failed,
          .reason = "ImagePullFailed",
          .message = std::move(message),
          .code = code};
}

/// Whether the status answers the latest pull.
bool isFresh(const ObjectCopy& object) {
  auto status = object.status<schema::ImageStatus>();
  return status.getPhase() == schema::ImageStatus::Phase::READY &&
         status.getObservedGeneration() == object.generation();
}

}  // namespace

Task<Readiness> ImageWants::look(ObjectPointer pod, schema::PodContainer::Reader container,
                                 ReadyImagePointer& image) {
  std::string name;
  Readiness failure;
  try {
    name = images_.wanted(text(container.getImage()));
  } catch (const kj::Exception& exception) {
    failure = {.state = Readiness::State::failed,
               .reason = "InvalidImageName",
               .message = textOf(exception),
               .code = codeOf(exception),
               .permanent = true};
  }
  if (failure.state == Readiness::State::failed) co_return failure;
  image = images_.ready(name);
  bool any = container.getPull() != PullPolicy::ALWAYS;
  if (image != nullptr && (any || (asked_.count(name) > 0 && isFresh(*images_.object(name))))) {
    co_return Readiness{};
  }
  auto answer = co_await ask(pod, container, name);
  co_return answer;
}

Task<Readiness> ImageWants::ask(ObjectPointer pod, schema::PodContainer::Reader container,
                                std::string name) {
  auto object = images_.object(name);
  if (object == nullptr && container.getPull() == PullPolicy::NEVER) {
    co_return Readiness{.state = Readiness::State::failed,
                        .reason = "ImageNotFound",
                        .message = "no such image: " + text(container.getImage()) +
                                   ", and the pull policy is never",
                        .code = ErrorCode::NOT_FOUND,
                        .permanent = true};
  }
  // That of a pull which failed for somebody else is on its way out; then ours begins.
  if (object != nullptr && object->deleted() && asked_.count(name) == 0) co_return waitingFor(name);
  auto [asked, first] = asked_.try_emplace(name, images_.failures().count());
  auto newFailure = images_.failures().after(asked->second, name);
  if (object == nullptr && newFailure != nullptr) {
    co_return pullFailed(newFailure->message, newFailure->code);
  }
  if (object == nullptr) {
    capnp::MallocMessageBuilder message;
    auto spec = message.initRoot<schema::ImageSpec>();
    spec.setPlatform(container.getPlatform());
    spec.setRemoveIfFailed(true);
    co_await writer_.create<schema::ImageSpec>("Image", name, spec.asReader(),
                                               "pod " + pod->key() + " needs it", pod);
    co_return waitingFor(name);
  }
  auto failure = failureOf(*object);
  bool local = object->spec<schema::ImageSpec>().getDigest().size() > 0;
  bool ready = isFresh(*object);
  if (first && !local && (failure || ready)) {
    co_await pullAgain(object, "pod " + pod->key() + " needs it");
    co_return waitingFor(name);
  }
  if (failure) co_return std::move(*failure);
  co_return waitingFor(name, text(object->status<schema::ImageStatus>().getMessage()));
}

/// Why the latest pull failed, whether or not there was room to write that down.
std::optional<Readiness> ImageWants::failureOf(const ObjectCopy& object) const {
  auto known = images_.failures().of(object);
  if (known != nullptr) return pullFailed(known->message, known->code);
  auto status = object.status<schema::ImageStatus>();
  bool settled = status.getObservedGeneration() == object.generation();
  if (!settled || status.getPhase() != schema::ImageStatus::Phase::FAILED) return {};
  return pullFailed(text(status.getMessage()), status.getCode());
}

Task<> ImageWants::pullAgain(ObjectPointer object, std::string reason) {
  capnp::MallocMessageBuilder message;
  message.setRoot(object->spec<schema::ImageSpec>());
  auto spec = message.getRoot<schema::ImageSpec>();
  spec.setPull(spec.getPull() + 1);
  co_await writer_.update<schema::ImageSpec>(*object, spec.asReader(), reason);
}

}  // namespace stave::node
