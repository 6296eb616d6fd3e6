#include "image_reconciler.h"

#include <capnp/message.h>
#include <stave/error.h>
#include <stave/image/reference.h>

#include "text.h"

namespace stave::node {

namespace {

using Phase = schema::ImageStatus::Phase;

bool hasName(const ObjectCopy& object) {
  return object.name().rfind("sha256:", 0) != 0;
}

/// Whether a call to the kernel that failed so is worth repeating.
bool passes(ErrorCode code) {
  return code == ErrorCode::UNAVAILABLE || code == ErrorCode::DEADLINE;
}

/// Says of which image it is, if it does not.
kj::Exception naming(const ObjectCopy& image, const kj::Exception& exception) {
  bool named = textOf(exception).find(image.name()) != std::string::npos;
  return named ? kj::cp(exception) : withContext(exception, "image " + image.name());
}

std::string repoDigestOf(const ObjectCopy& object, const FetchedImage& image) {
  if (object.spec<schema::ImageSpec>().getDigest().size() > 0 || !hasName(object)) return {};
  if (object.spec<schema::ImageSpec>().getSource().size() > 0) return {};
  auto& digest = image.indexDigest.empty() ? image.manifestDigest : image.indexDigest;
  return image::parseReference(object.name()).name() + "@" + digest;
}

}  // namespace

ImageReconciler::ImageReconciler(Environment& environment, Mirror& images, ImageFailures& failures,
                                 ObjectWriter& writer)
    : environment_(environment),
      images_(images),
      failures_(failures),
      writer_(writer),
      layers_(environment, images),
      work_(environment, "image", [this](const std::string& name) { return reconcile(name); }),
      tasks_(environment, "layers") {
  images_.onChange([this](const ObjectPointer& object, bool) { noteChange(*object); });
}

void ImageReconciler::noteChange(const ObjectCopy& object) {
  bool failedBefore = failures_.last(object.key()) != nullptr && failures_.of(object) == nullptr;
  if (failedBefore || object.deleted()) {
    work_.hurry(object.key());
  } else {
    work_.poke(object.key());
  }
}

Task<> ImageReconciler::reconcile(std::string name) {
  auto object = images_.find(name);
  if (object == nullptr || object->deleted()) answered_.erase(name);
  if (object == nullptr) co_return;
  if (object->deleted()) {
    if (object->hasFinalizer(finalizerName)) co_await remove(object);
  } else if (!settled(*object)) {
    co_await fetch(object);
  } else {
    co_await removeGhost(object);
  }
}

/// An object of which nothing was ever here, and which nobody wants to see fail.
Task<> ImageReconciler::removeGhost(ObjectPointer object) {
  auto status = object->status<schema::ImageStatus>();
  bool failed =
      status.getPhase() == Phase::FAILED && status.getObservedGeneration() == object->generation();
  bool wasHere = status.getConfigDigest().size() > 0;
  bool goes = object->spec<schema::ImageSpec>().getRemoveIfFailed();
  if (!failed || wasHere || !goes) co_return;
  co_await writer_.removeUnlessChanged(*object, text(status.getMessage()));
}

/// Whether the spec as it is has its answer.
bool ImageReconciler::settled(const ObjectCopy& object) const {
  auto known = answered_.find(object.key());
  bool ours = known != answered_.end() &&
              known->second == std::make_pair(object.uid(), uint64_t(object.generation()));
  auto status = object.status<schema::ImageStatus>();
  bool answered = status.getObservedGeneration() == object.generation();
  bool over = status.getPhase() == Phase::READY || status.getPhase() == Phase::FAILED;
  return ours || (answered && over);
}

void ImageReconciler::noteAnswer(const ObjectCopy& object) {
  answered_[object.key()] = {object.uid(), object.generation()};
}

/// What failed is not tried again before it is asked for again, however long it takes until there
/// is room to write that down.
Task<> ImageReconciler::fetch(ObjectPointer object) {
  bool here = false;
  if (failures_.of(*object) == nullptr) here = co_await tryToFetch(object);
  auto failure = failures_.of(*object);
  if (!here && failure != nullptr) co_await reportFailure(object, *failure);
}

/// Whether it is here now; if not, the failure was noted. Fails when the kernel could not be told
/// for a reason that passes.
Task<bool> ImageReconciler::tryToFetch(ObjectPointer object) {
  bool telling = true;
  try {
    co_await writer_.addFinalizer(*object);
    bool local = object->spec<schema::ImageSpec>().getDigest().size() > 0;
    if (!local) co_await reportPulling(object);
    telling = false;
    auto image = co_await pull(object);
    telling = true;
    co_await succeed(object, std::move(image));
    co_return true;
  } catch (const kj::Exception& exception) {
    if (telling && passes(codeOf(exception))) throw;
    failures_.note(*object, naming(*object, exception));
  }
  layers_.release(object->key());
  collectLayers();
  co_return false;
}

Task<FetchedImage> ImageReconciler::pull(ObjectPointer object) {
  ImagePuller puller(environment_, object, [this, object](const auto& chainIds) {
    layers_.claim(object->key(), chainIds);
  });
  auto digest = text(object->spec<schema::ImageSpec>().getDigest());
  FetchedImage image;
  if (digest.empty()) {
    image = co_await puller.pull();
  } else {
    image = co_await puller.unpackLocal(digest);
  }
  co_return std::move(image);
}

Task<> ImageReconciler::reportPulling(ObjectPointer object) {
  capnp::MallocMessageBuilder message;
  message.setRoot(object->status<schema::ImageStatus>());
  auto status = message.getRoot<schema::ImageStatus>();
  if (status.getPhase() == Phase::READY) co_return;  // the old one serves while it is looked up
  status.setPhase(Phase::PULLING);
  status.setMessage("");
  co_await writer_.status<schema::ImageStatus>(*object, status.asReader(), "being pulled");
}

Task<> ImageReconciler::succeed(ObjectPointer object, FetchedImage image) {
  co_await keepOld(object, image.configDigest);
  capnp::MallocMessageBuilder message;
  auto status = message.initRoot<schema::ImageStatus>();
  fillImageStatus(status, image);
  status.setPhase(Phase::READY);
  status.setObservedGeneration(object->generation());
  status.setPulledAt(environment_.now());
  status.setRepoDigest(repoDigestOf(*object, image).c_str());
  // Sizes of layers that were here already are known from before, or from another image.
  for (auto layer : status.getLayers()) {
    if (layer.getUnpackedSize() != 0) continue;
    for (auto& [name, other] : images_.all()) {
      for (auto known : other->status<schema::ImageStatus>().getLayers()) {
        if (known.getChainId() == layer.getChainId())
          layer.setUnpackedSize(known.getUnpackedSize());
      }
    }
    status.setSize(status.getSize() + layer.getUnpackedSize());
  }
  co_await writer_.status<schema::ImageStatus>(*object, status.asReader(), "the image is here");
  noteAnswer(*object);
}

/// A name that now means another image leaves the old one here without a name.
Task<> ImageReconciler::keepOld(ObjectPointer object, std::string newConfig) {
  auto status = object->status<schema::ImageStatus>();
  auto old = text(status.getConfigDigest());
  if (old.empty() || old == newConfig || !hasName(*object)) co_return;
  for (auto& [name, other] : images_.all()) {
    bool same = view(other->status<schema::ImageStatus>().getConfigDigest()) == old;
    if (other != object && name != object->key() && same) co_return;
  }
  capnp::MallocMessageBuilder message;
  auto spec = message.initRoot<schema::ImageSpec>();
  spec.setDigest(status.getManifestDigest());
  co_await writer_.create<schema::ImageSpec>("Image", old, spec.asReader(),
                                             object->name() + " is another image now", object);
}

Task<> ImageReconciler::reportFailure(ObjectPointer object, ImageFailures::Failure failure) {
  capnp::MallocMessageBuilder message;
  message.setRoot(object->status<schema::ImageStatus>());
  auto status = message.getRoot<schema::ImageStatus>();
  status.setPhase(Phase::FAILED);
  status.setMessage(failure.message.c_str());
  status.setCode(failure.code);
  status.setObservedGeneration(object->generation());
  co_await writer_.status<schema::ImageStatus>(*object, status.asReader(), failure.message);
  noteAnswer(*object);
}

Task<> ImageReconciler::remove(ObjectPointer object) {
  layers_.release(object->key());
  for (auto layer : object->status<schema::ImageStatus>().getLayers()) {
    layers_.condemn(text(layer.getChainId()));
  }
  auto request = environment_.drivers.content.releaseRequest();
  request.setName(("image/" + object->name()).c_str());
  co_await request.send();
  co_await layers_.collect();
  co_await writer_.removeFinalizer(*object);
}

}  // namespace stave::node
