#include "image_puller.h"

#include <capnp/message.h>
#include <stave/capability.h>
#include <stave/error.h>
#include <stave/image/digest.h>
#include <stave/os/file.h>
#include <stave/schema/objects/system.capnp.h>
#include <time.h>

#include "text.h"

namespace stave::node {

namespace {

constexpr auto pauseUntilLayerBegins = 20 * kj::MILLISECONDS;
constexpr size_t shortDigestLength = 12;

std::string shortDigest(const std::string& digest) {
  auto colon = digest.find(':');
  return digest.substr(colon == digest.npos ? 0 : colon + 1, shortDigestLength);
}

image::Descriptor descriptorOf(schema::Descriptor::Reader from) {
  return {.mediaType = text(from.getMediaType()),
          .digest = text(from.getDigest()),
          .size = from.getSize()};
}

FetchedImage fetchedFrom(schema::ResolvedImage::Reader from) {
  FetchedImage image;
  image.reference = text(from.getReference());
  image.manifestDigest = text(from.getManifest().getDigest());
  image.configDigest = text(from.getConfig().getDigest());
  image.indexDigest = text(from.getIndex().getDigest());
  for (auto each : from.getLayers()) image.layers.push_back(descriptorOf(each));
  image.diffIds = texts(from.getDiffIds());
  auto json = from.getConfigJson().asChars();
  image.configJson.assign(json.begin(), json.size());
  return image;
}

}  // namespace

std::vector<std::string> FetchedImage::digests() const {
  std::vector<std::string> result{manifestDigest, configDigest};
  if (!indexDigest.empty() && indexDigest != manifestDigest) result.push_back(indexDigest);
  for (auto& layer : layers) result.push_back(layer.digest);
  return result;
}

/// Hears from the registry what the image is made of, and begins to unpack while it downloads.
class ImagePuller::Sink final : public schema::PullSink::Server {
 public:
  Sink(kj::Own<kj::PromiseFulfiller<FetchedImage>> resolved) : resolved_(kj::mv(resolved)) {}

  kj::Promise<void> resolved(ResolvedContext context) override {
    resolved_->fulfill(fetchedFrom(context.getParams().getImage()));
    return kj::READY_NOW;
  }

 private:
  kj::Own<kj::PromiseFulfiller<FetchedImage>> resolved_;
};

ImagePuller::ImagePuller(Environment& environment, ObjectPointer image, LayersKnown layersKnown)
    : environment_(environment),
      object_(image),
      layersKnown_(std::move(layersKnown)),
      progress_(environment, image->name()) {}

Task<FetchedImage> ImagePuller::pull() {
  auto spec = object_->spec<schema::ImageSpec>();
  auto source = text(spec.getSource());
  auto registry = environment_.drivers.registry(text(spec.getRegistry()));
  auto request = registry.pullRequest();
  request.setReference((source.empty() ? object_->name() : source).c_str());
  request.setPlatform(spec.getPlatform());
  co_await fillCredentials(request.initCredentials(), text(spec.getSecret()));
  auto resolved = kj::newPromiseAndFulfiller<FetchedImage>();
  schema::PullSink::Client sink = kj::heap<Sink>(kj::mv(resolved.fulfiller));
  request.setSink(sink);
  request.setProgress(progress_.sink());

  auto unpacking =
      resolved.promise
          .then([this](FetchedImage image) -> kj::Promise<void> { return begin(std::move(image)); })
          .fork();
  // The failure of unpacking ends the download, and the other way round.
  auto failed = unpacking.addBranch().then(
      []() -> kj::Promise<capnp::Response<schema::Registry::PullResults>> {
        return kj::NEVER_DONE;
      });
  kj::Promise<capnp::Response<schema::Registry::PullResults>> pulling = request.send();
  auto response = co_await pulling.exclusiveJoin(kj::mv(failed));
  downloaded_ = true;
  if (begun_) {
    co_await unpacking;
  } else {
    co_await begin(fetchedFrom(response.getImage()));
  }
  co_return std::move(image_);
}

Task<FetchedImage> ImagePuller::unpackLocal(std::string manifestDigest) {
  auto what = "image " + object_->name();
  auto bytes = co_await readBlob(manifestDigest);
  auto manifest = image::parseManifest(bytes, what);
  FetchedImage image;
  image.reference = object_->name();
  image.manifestDigest = manifestDigest;
  image.indexDigest = manifestDigest;
  image.configDigest = manifest.config.digest;
  image.layers = manifest.layers;
  image.configJson = co_await readBlob(manifest.config.digest);
  image.diffIds = image::parseConfig(image.configJson, what).diffIds;
  downloaded_ = true;
  co_await begin(std::move(image));
  co_return std::move(image_);
}

Task<> ImagePuller::begin(FetchedImage image) {
  begun_ = true;
  image_ = std::move(image);
  if (image_.diffIds.size() != image_.layers.size()) {
    fail(ErrorCode::INVALID, "image " + object_->name() + ": its manifest has " +
                                 std::to_string(image_.layers.size()) + " layers and its config " +
                                 std::to_string(image_.diffIds.size()) + " diff ids");
  }
  image_.chainIds = image::chainIds(image_.diffIds);
  layersKnown_(image_.chainIds);
  image_.unpackedSizes.assign(image_.layers.size(), 0);
  co_await hold();
  co_await unpackAll();
}

Task<> ImagePuller::hold() {
  auto request = environment_.drivers.content.holdRequest();
  setTexts(image_.digests(), [&](auto n) { return request.initDigests(n); });
  request.setName(("image/" + object_->name()).c_str());
  request.setPersistent(true);
  co_await request.send();
}

Task<> ImagePuller::unpackAll() {
  kj::Vector<kj::Promise<void>> layers;
  for (size_t i = 0; i < image_.layers.size(); ++i) layers.add(unpackLayer(i));
  co_await kj::joinPromises(layers.releaseAsArray());
}

Task<> ImagePuller::unpackLayer(size_t index) {
  auto item = shortDigest(image_.layers[index].digest);
  bool there = co_await hasLayer(image_.chainIds[index]);
  if (there) {
    progress_.report(item, "exists", image_.layers[index].size, image_.layers[index].size);
    co_return;
  }
  capnp::MallocMessageBuilder message;
  auto request = environment_.drivers.storage.unpackRequest();
  auto source = co_await sourceOf(index, message);
  request.setChainId(image_.chainIds[index].c_str());
  if (index > 0) request.setParent(image_.chainIds[index - 1].c_str());
  request.setSource(source);
  request.setProgress(progress_.sink());
  try {
    auto response = co_await request.send();
    image_.unpackedSizes[index] = response.getBytes();
  } catch (const kj::Exception& exception) {
    // Storage knows the layer by what it is unpacked, which tells people nothing.
    kj::throwFatalException(withContext(exception, "layer " + image_.layers[index].digest));
  }
  progress_.report(item, "done", image_.layers[index].size, image_.layers[index].size);
}

Task<schema::LayerSource::Reader> ImagePuller::sourceOf(size_t index,
                                                        capnp::MallocMessageBuilder& message) {
  auto& layer = image_.layers[index];
  for (;;) {
    bool last = downloaded_;
    auto request = environment_.drivers.content.followRequest();
    request.setDigest(layer.digest.c_str());
    try {
      auto response = co_await request.send();
      auto source = message.initRoot<schema::LayerSource>();
      source.setBlob(response.getBlob());
      source.setSize(layer.size != 0 ? layer.size : response.getSize());
      source.setMediaType(layer.mediaType.c_str());
      source.setDiffId(image_.diffIds[index].c_str());
      co_return source.asReader();
    } catch (const kj::Exception& exception) {
      // Its download has not begun yet.
      if (codeOf(exception) != ErrorCode::NOT_FOUND || last) throw;
    }
    co_await environment_.timer.afterDelay(pauseUntilLayerBegins);
  }
}

Task<bool> ImagePuller::hasLayer(std::string chainId) {
  auto request = environment_.drivers.storage.hasLayerRequest();
  request.setChainId(chainId.c_str());
  auto response = co_await request.send();
  co_return response.getExists();
}

Task<std::string> ImagePuller::readBlob(std::string digest) {
  auto request = environment_.drivers.content.openRequest();
  request.setDigest(digest.c_str());
  auto response = co_await request.send();
  if (response.getSize() > image::maxManifestSize) {
    fail(ErrorCode::INVALID, "blob " + digest + " is too large for a manifest or a config");
  }
  auto file = co_await takeFd(response.getBlob(), "blob " + digest);
  co_return os::readAll(file.get());
}

Task<> ImagePuller::fillCredentials(schema::Credentials::Builder target, std::string secret) {
  if (secret.empty()) co_return;
  auto request = environment_.objects.getRequest();
  request.initRef().setKind("Secret");
  request.getRef().setName(secret.c_str());
  auto response = co_await request.send();
  for (auto entry : response.getObject().getSpec().getAs<schema::SecretSpec>().getEntries()) {
    auto chars = entry.getValue().asChars();
    std::string value(chars.begin(), chars.size());
    if (entry.getKey() == "username") target.setUsername(value.c_str());
    if (entry.getKey() == "password") target.setPassword(value.c_str());
    if (entry.getKey() == "identityToken") target.setIdentityToken(value.c_str());
  }
}

void fillImageStatus(schema::ImageStatus::Builder target, const FetchedImage& image) {
  auto config = image::parseConfig(image.configJson, "image " + image.reference);
  target.setManifestDigest(image.manifestDigest.c_str());
  target.setConfigDigest(image.configDigest.c_str());
  target.setIndexDigest(image.indexDigest.c_str());
  target.setConfig(image.configJson.c_str());
  target.setCreated(parseTime(config.created));
  target.getPlatform().setOs(config.platform.os.c_str());
  target.getPlatform().setArchitecture(config.platform.architecture.c_str());
  target.getPlatform().setVariant(config.platform.variant.c_str());
  uint64_t size = 0;
  auto layers = target.initLayers(image.layers.size());
  for (size_t i = 0; i < image.layers.size(); ++i) {
    layers[i].setDigest(image.layers[i].digest.c_str());
    layers[i].setDiffId(image.diffIds[i].c_str());
    layers[i].setChainId(image.chainIds[i].c_str());
    layers[i].setSize(image.layers[i].size);
    layers[i].setMediaType(image.layers[i].mediaType.c_str());
    layers[i].setUnpackedSize(image.unpackedSizes[i]);
    size += image.unpackedSizes[i];
  }
  target.setSize(size);
}

int64_t parseTime(const std::string& text) {
  struct tm parts = {};
  const char* rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr) return 0;
  int64_t nanos = 0;
  if (*rest == '.') {
    int64_t unit = 100'000'000;
    for (++rest; *rest >= '0' && *rest <= '9'; ++rest, unit /= 10) nanos += (*rest - '0') * unit;
  }
  int64_t offset = 0;
  int hours = 0, minutes = 0;
  if ((*rest == '+' || *rest == '-') && sscanf(rest + 1, "%2d:%2d", &hours, &minutes) == 2) {
    offset = (*rest == '-' ? 1 : -1) * (hours * 3600 + minutes * 60);
  }
  return (static_cast<int64_t>(timegm(&parts)) + offset) * 1'000'000'000 + nanos;
}

}  // namespace stave::node
