#include <stave/error.h>
#include <stave/image/digest.h>
#include <stave/image/manifest.h>

#include <nlohmann/json.hpp>

#include "object_reader.h"

namespace stave::image {

using Json = nlohmann::json;

namespace {

constexpr size_t maxLayers = 1024;
constexpr size_t maxManifests = 4096;

void requireVersion2(const ObjectReader& document) {
  if (document.number("schemaVersion") != 2) document.refuse("schemaVersion", "is not 2");
}

Platform readPlatform(const ObjectReader& document) {
  return {document.text("os"), document.text("architecture"), document.textOr("variant", "")};
}

Descriptor readDescriptor(const ObjectReader& document) {
  Descriptor result;
  result.mediaType = document.text("mediaType");
  result.digest = document.text("digest");
  parseDigest(result.digest, document.path());
  int64_t size = document.number("size");
  if (size < 0) document.refuse("size", "is negative");
  result.size = static_cast<uint64_t>(size);
  result.annotations = document.textMap("annotations");
  result.urls = document.texts("urls");
  if (document.has("platform")) result.platform = readPlatform(document.object("platform"));
  return result;
}

std::vector<Descriptor> readDescriptors(const ObjectReader& document, const char* member,
                                        size_t bound) {
  std::vector<Descriptor> result;
  for (const ObjectReader& element : document.objects(member)) {
    if (result.size() == bound) {
      document.refuse(member, "has more than " + std::to_string(bound) + " elements");
    }
    result.push_back(readDescriptor(element));
  }
  return result;
}

Json describe(const Descriptor& descriptor) {
  Json json = {{"mediaType", descriptor.mediaType},
               {"digest", descriptor.digest},
               {"size", descriptor.size}};
  if (!descriptor.annotations.empty()) json["annotations"] = descriptor.annotations;
  if (!descriptor.urls.empty()) json["urls"] = descriptor.urls;
  if (descriptor.platform) {
    json["platform"] = {{"os", descriptor.platform->os},
                        {"architecture", descriptor.platform->architecture}};
    if (!descriptor.platform->variant.empty()) {
      json["platform"]["variant"] = descriptor.platform->variant;
    }
  }
  return json;
}

Json describe(const std::vector<Descriptor>& descriptors) {
  Json list = Json::array();
  for (const Descriptor& descriptor : descriptors) list.push_back(describe(descriptor));
  return list;
}

}  // namespace

bool isManifestType(std::string_view mediaType) {
  return mediaType == media::ociManifest || mediaType == media::dockerManifest;
}

bool isIndexType(std::string_view mediaType) {
  return mediaType == media::ociIndex || mediaType == media::dockerIndex;
}

bool isForeignLayer(std::string_view mediaType) {
  return mediaType == media::dockerForeignLayer || mediaType.starts_with(media::ociForeignLayer);
}

std::string mediaTypeOf(std::string_view bytes, std::string_view hint, std::string_view what) {
  Json json = parseDocument(bytes, what);
  ObjectReader document(json, std::string(what));
  if (document.has("schemaVersion") && document.number("schemaVersion") == 1) {
    fail(ErrorCode::UNSUPPORTED,
         std::string(what) + ": a schema 1 manifest; push the image again with a current tool");
  }
  std::string written = document.textOr("mediaType", "");
  if (isManifestType(written) || isIndexType(written)) return written;
  std::string_view type = hint.substr(0, hint.find(';'));
  if (written.empty() && (isManifestType(type) || isIndexType(type))) return std::string(type);
  if (!written.empty())
    document.refuse("mediaType", "\"" + written + "\" is no image manifest or index");
  if (document.has("manifests")) return std::string(media::ociIndex);
  if (document.has("layers")) return std::string(media::ociManifest);
  fail(ErrorCode::INVALID, std::string(what) + ": neither an image manifest nor an index");
}

Manifest parseManifest(std::string_view bytes, std::string_view what) {
  Json json = parseDocument(bytes, what);
  ObjectReader document(json, std::string(what));
  requireVersion2(document);
  Manifest result;
  result.mediaType = document.textOr("mediaType", media::ociManifest);
  if (!isManifestType(result.mediaType)) {
    document.refuse("mediaType", "\"" + result.mediaType + "\" is no image manifest");
  }
  if (document.has("manifests")) document.refuse("manifests", "stands in a manifest, not an index");
  result.config = readDescriptor(document.object("config"));
  result.layers = readDescriptors(document, "layers", maxLayers);
  result.annotations = document.textMap("annotations");
  return result;
}

Index parseIndex(std::string_view bytes, std::string_view what) {
  Json json = parseDocument(bytes, what);
  ObjectReader document(json, std::string(what));
  requireVersion2(document);
  Index result;
  result.mediaType = document.textOr("mediaType", media::ociIndex);
  if (!isIndexType(result.mediaType)) {
    document.refuse("mediaType", "\"" + result.mediaType + "\" is no image index");
  }
  if (document.has("layers")) document.refuse("layers", "stands in an index, not a manifest");
  result.manifests = readDescriptors(document, "manifests", maxManifests);
  result.annotations = document.textMap("annotations");
  return result;
}

std::string write(const Manifest& manifest) {
  Json json = {{"schemaVersion", 2},
               {"mediaType", manifest.mediaType},
               {"config", describe(manifest.config)},
               {"layers", describe(manifest.layers)}};
  if (!manifest.annotations.empty()) json["annotations"] = manifest.annotations;
  return json.dump();
}

std::string write(const Index& index) {
  Json json = {{"schemaVersion", 2},
               {"mediaType", index.mediaType},
               {"manifests", describe(index.manifests)}};
  if (!index.annotations.empty()) json["annotations"] = index.annotations;
  return json.dump();
}

}  // namespace stave::image
