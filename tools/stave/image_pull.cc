#include "image_pull.h"

#include <stave/error.h>
#include <stave/schema/objects/image.capnp.h>

#include <memory>

#include "output.h"
#include "progress.h"
#include "syntax.h"
#include "unwritten.h"

namespace stave::cli {

namespace {

/// Fails with the status's error if it is one.
void checkFailure(schema::ImageStatus::Reader status) {
  if (status.getPhase() != schema::ImageStatus::Phase::FAILED) return;
  fail(status.getCode(), status.getMessage().cStr());
}

/// Whether the engine removes it, so that nothing is left when the failure is told.
bool goesAway(const ObjectCopy& image) {
  auto status = image.status<schema::ImageStatus>();
  return status.getPhase() == schema::ImageStatus::Phase::FAILED &&
         status.getConfigDigest().size() == 0 &&
         image.spec<schema::ImageSpec>().getRemoveIfFailed();
}

/// Whether the image is here as its object wants it; fails when that has failed.
bool isReady(const ObjectCopy& image) {
  auto status = image.status<schema::ImageStatus>();
  if (status.getObservedGeneration() < image.metadata().getGeneration()) return false;
  if (goesAway(image)) return false;
  checkFailure(status);
  return status.getPhase() == schema::ImageStatus::Phase::READY;
}

bool isReadyAfter(schema::WatchEvent::Reader event) {
  ObjectCopy image(event.getObject());
  if (event.getType() != schema::WatchEvent::Type::REMOVED) return isReady(image);
  checkFailure(image.status<schema::ImageStatus>());
  fail(ErrorCode::CONFLICT, "image " + image.name() + " was removed while it was pulled");
}

}  // namespace

std::string normalized(Session& session, const std::string& reference) {
  auto request = session.client().service<schema::Registry>("registry").normalizeRequest();
  request.setReference(reference);
  return session.wait(request.send()).getReference();
}

ObjectCopy newImage(const std::string& name) {
  ObjectCopy image;
  image.builder().initMetadata().setKind("Image");
  image.builder().getMetadata().setName(name);
  image.builder().initSpec().initAs<schema::ImageSpec>();
  return image;
}

Action pull(Flags& flags) {
  struct PullFlags {
    bool quiet = false;
    std::string platform;
  };
  auto options = std::make_shared<PullFlags>();
  flags.toggle("-q,--quiet", options->quiet, "Show no progress");
  flags.text("--platform", options->platform, "OS/ARCHITECTURE of an image for several");
  return [options](Session& session, const Words& words) {
    auto name = normalized(session, words[0]);
    auto image = newImage(name);
    auto spec = image.specBuilder<schema::ImageSpec>();
    spec.setPull(uint64_t(nowNanoseconds()));
    spec.setRemoveIfFailed(true);
    if (!options->platform.empty()) {
      auto given = parsePlatform(options->platform);
      auto platform = spec.initPlatform();
      platform.setOs(given.os);
      platform.setArchitecture(given.architecture);
      platform.setVariant(given.variant);
    }
    ProgressView view(options->quiet);
    auto& events = session.client().events;
    auto following = followPull(events, name, view).eagerlyEvaluate(nullptr);
    auto unwritten = failIfUnwritten(events, selectionOf(image));
    Transaction transaction(session.client().objects, "stave pull " + words[0]);
    transaction.add(schema::Change::Op::APPLY, image);
    auto states = session.wait(transaction.commit());
    if (!isReady(states.at(0))) {
      auto ready = waitForObject(session.client().objects, selectionOf(image),
                                 transaction.revision(), isReadyAfter);
      session.wait(ready.exclusiveJoin(kj::mv(unwritten)));
    }
    print(name + "\n");
    return 0;
  };
}

}  // namespace stave::cli
