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

/// Whether an image is settled; fails with the status's error.
bool isReady(const ObjectCopy& image) {
  auto status = image.status<schema::ImageStatus>();
  if (status.getObservedGeneration() < image.metadata().getGeneration()) return false;
  if (status.getPhase() == schema::ImageStatus::Phase::FAILED) {
    fail(status.getCode(), status.getMessage().cStr());
  }
  return status.getPhase() == schema::ImageStatus::Phase::READY;
}

/// `unwritten` fails when what it waits for cannot be written down.
void awaitImage(Session& session, const std::string& name, uint64_t revision,
                kj::Promise<void> unwritten) {
  auto ready = waitForObject(
      session.client().objects, {"Image", name, ""}, revision,
      [](schema::WatchEvent::Reader event) { return isReady(ObjectCopy(event.getObject())); });
  session.wait(ready.exclusiveJoin(kj::mv(unwritten)));
}

/// A pull that fails leaves no object behind whose image there never was.
void awaitNewImage(Session& session, ObjectCopy image, uint64_t revision,
                   kj::Promise<void> unwritten) {
  try {
    awaitImage(session, image.name(), revision, kj::mv(unwritten));
  } catch (const kj::Exception&) {
    auto failure = std::current_exception();
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() {
                   deleteObject(session, std::move(image), "its first pull failed");
                 })) {
      complain("the failed image stays: " + textOf(*exception));
    }
    std::rethrow_exception(failure);
  }
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
    auto made = states.at(0).metadata().getCreatedBy().getRevision() == transaction.revision();
    if (made) {
      awaitNewImage(session, std::move(states[0]), transaction.revision(), kj::mv(unwritten));
    } else if (!isReady(states[0])) {
      awaitImage(session, name, transaction.revision(), kj::mv(unwritten));
    }
    print(name + "\n");
    return 0;
  };
}

}  // namespace stave::cli
