#pragma once

#include <stave/image/config.h>
#include <stave/image/digest.h>
#include <stave/image/manifest.h>

#include <string>
#include <vector>

#include "fake_registry.h"

namespace stave::oci {

/// An image made of given layers, for a fake registry. The layers are any bytes: nobody unpacks
/// them.
struct SampleImage {
  image::Manifest manifest;
  image::ImageConfig config;
  std::string configBytes, manifestBytes, digest;
  std::vector<std::string> layers;
};

inline SampleImage makeImage(const std::vector<std::string>& layers,
                             const image::Platform& platform = image::hostPlatform()) {
  SampleImage sample;
  sample.layers = layers;
  sample.config.platform = platform;
  sample.manifest.mediaType = image::media::ociManifest;
  for (const std::string& layer : layers) {
    std::string digest = image::digestOf(layer);
    sample.manifest.layers.push_back(
        {std::string(image::media::ociLayer), digest, layer.size(), {}, {}, {}});
    sample.config.diffIds.push_back(digest);
  }
  sample.configBytes = image::write(sample.config);
  sample.manifest.config = {std::string(image::media::ociConfig),
                            image::digestOf(sample.configBytes),
                            sample.configBytes.size(),
                            {},
                            {},
                            {}};
  sample.manifestBytes = image::write(sample.manifest);
  sample.digest = image::digestOf(sample.manifestBytes);
  return sample;
}

/// Puts it all into the registry.
inline void publish(FakeRegistry& registry, const SampleImage& image, const std::string& repository,
                    const std::string& tag) {
  for (const std::string& layer : image.layers) registry.addBlob(layer);
  registry.addBlob(image.configBytes);
  registry.addManifest(repository, tag, image.manifestBytes, image.manifest.mediaType);
}

/// Bytes that look random and are the same every time.
inline std::string pattern(size_t size, unsigned seed) {
  std::string bytes(size, '\0');
  uint32_t state = seed * 2654435761u + 1;
  for (char& byte : bytes) {
    state = state * 1664525u + 1013904223u;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

}  // namespace stave::oci
