#include "registry_fixture.h"

#include <stave/image/config.h>
#include <stave/image/manifest.h>

#include <cstdlib>

namespace stave::conformance {

namespace {

schema::Registry::Client registry() {
  return subject<schema::Registry>();
}

class Sink final : public schema::PullSink::Server {
 public:
  explicit Sink(std::shared_ptr<std::vector<std::string>> heard) : heard_(std::move(heard)) {}

  kj::Promise<void> resolved(ResolvedContext context) override {
    heard_->push_back(context.getParams().getImage().getConfig().getDigest().cStr());
    return kj::READY_NOW;
  }

 private:
  std::shared_ptr<std::vector<std::string>> heard_;
};

}  // namespace

std::string RegistryPlace::reference(const std::string& name) const {
  const char* place = std::getenv("STAVE_REGISTRY_PLACE");
  std::string text = place != nullptr ? place : "oci:" + directory_.path() + "/images:%";
  return text.replace(text.find('%'), 1, name);
}

ContentClient RegistryPlace::content() const {
  subject<schema::Registry>();  // starts content too
  auto request = broker().client().serviceRequest();
  request.setKind("content");
  auto reply = wait(request.send(), "the content plug-in");
  return ContentClient(reply.getService().castAs<schema::Content>());
}

SampleImage RegistryPlace::makeImage(const std::vector<std::string>& layers) {
  ContentClient client = content();
  SampleImage sample;
  image::ImageConfig config;
  config.platform = image::hostPlatform();
  image::Manifest manifest;
  manifest.mediaType = image::media::ociManifest;
  for (const std::string& layer : layers) {
    sample.layers.push_back(client.put(layer));
    config.diffIds.push_back(sample.layers.back());
    manifest.layers.push_back(
        {std::string(image::media::ociLayer), sample.layers.back(), layer.size(), {}, {}, {}});
  }
  std::string bytes = image::write(config);
  sample.configDigest = client.put(bytes);
  manifest.config = {
      std::string(image::media::ociConfig), sample.configDigest, bytes.size(), {}, {}, {}};
  sample.digest = client.put(image::write(manifest));
  return sample;
}

/// What a call has held it may let go of a moment after its answer.
void RegistryPlace::forgetAll(const SampleImage& image) {
  waitUntil(
      [&] {
        content().collectAll();
        return !content().has(image.digest);
      },
      "nobody holds the image any more");
}

std::string RegistryPlace::resolve(const std::string& reference) {
  auto request = registry().resolveRequest();
  request.setReference(reference.c_str());
  return wait(request.send(), "resolve").getImage().getConfig().getDigest().cStr();
}

kj::Promise<std::string> RegistryPlace::startPull(const std::string& reference,
                                                  const std::string& architecture,
                                                  std::shared_ptr<std::vector<std::string>> heard) {
  auto request = registry().pullRequest();
  request.setReference(reference.c_str());
  if (!architecture.empty()) request.initPlatform().setArchitecture(architecture.c_str());
  if (heard) request.setSink(kj::heap<Sink>(std::move(heard)));
  return request.send().then(
      [](auto&& reply) { return std::string(reply.getImage().getConfig().getDigest().cStr()); });
}

std::string RegistryPlace::pull(const std::string& reference,
                                std::shared_ptr<std::vector<std::string>> heard) {
  return wait(startPull(reference, "", std::move(heard)), "pull");
}

kj::Promise<void> RegistryPlace::startPush(const std::string& digest,
                                           const std::string& reference) {
  auto request = registry().pushRequest();
  request.setManifestDigest(digest.c_str());
  request.setReference(reference.c_str());
  return request.send().ignoreResult();
}

void RegistryPlace::push(const std::string& digest, const std::string& reference) {
  wait(startPush(digest, reference), "push");
}

kj::Promise<std::string> RegistryPlace::startNormalize(const std::string& reference) {
  auto request = registry().normalizeRequest();
  request.setReference(reference.c_str());
  return request.send().then([](auto&& reply) { return std::string(reply.getReference().cStr()); });
}

std::string RegistryPlace::normalize(const std::string& reference) {
  return wait(startNormalize(reference), "normalize");
}

}  // namespace stave::conformance
