#pragma once

#include <stave/image/config.h>
#include <stave/image/manifest.h>
#include <stave/schema/objects/image.capnp.h>

#include "object_copy.h"
#include "progress_hub.h"

namespace stave::node {

/// An image by digest, and what of it is unpacked.
struct FetchedImage {
  std::string reference;
  std::string manifestDigest;
  std::string configDigest;
  std::string indexDigest;
  std::vector<image::Descriptor> layers;  ///< lowest first
  std::vector<std::string> diffIds;
  std::vector<std::string> chainIds;
  std::vector<uint64_t> unpackedSizes;
  std::string configJson;

  std::vector<std::string> digests() const;  ///< all blobs
};

/// Brings one image here: blobs into content, layers into storage, both at the same time.
class ImagePuller {
 public:
  /// Tells the chain ids of its layers, lowest first, before the first is unpacked.
  using LayersKnown = std::function<void(const std::vector<std::string>& chainIds)>;

  ImagePuller(Environment& environment, ObjectPointer image, LayersKnown layersKnown);

  /// From a registry.
  Task<FetchedImage> pull();

  /// Of an image whose blobs are in content already.
  Task<FetchedImage> unpackLocal(std::string manifestDigest);

 private:
  class Sink;

  Task<> begin(FetchedImage image);  ///< manifest and config are known
  Task<> hold();
  Task<> unpackAll();
  Task<> unpackLayer(size_t index);
  Task<schema::LayerSource::Reader> sourceOf(size_t index, capnp::MallocMessageBuilder& message);
  Task<bool> hasLayer(std::string chainId);
  Task<std::string> readBlob(std::string digest);
  Task<> fillCredentials(schema::Credentials::Builder target, std::string secret);

  Environment& environment_;
  ObjectPointer object_;
  LayersKnown layersKnown_;
  ProgressHub progress_;
  FetchedImage image_;
  bool begun_ = false;
  bool downloaded_ = false;
};

void fillImageStatus(schema::ImageStatus::Builder target, const FetchedImage& image);

/// RFC 3339 to Unix time in nanoseconds; 0: it is none.
int64_t parseTime(const std::string& text);

}  // namespace stave::node
