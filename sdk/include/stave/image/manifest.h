#pragma once

#include <stave/image/platform.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Manifests and indexes: OCI image specification, and Docker's image manifest version 2, schema 2.
namespace stave::image {

namespace media {

inline constexpr std::string_view ociManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view ociIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view ociConfig = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view ociLayer = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view ociLayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view ociLayerZstd = "application/vnd.oci.image.layer.v1.tar+zstd";
inline constexpr std::string_view ociForeignLayer =
    "application/vnd.oci.image.layer.nondistributable.v1.tar";  ///< also with "+gzip", "+zstd"
inline constexpr std::string_view dockerManifest =
    "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view dockerIndex =
    "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view dockerConfig = "application/vnd.docker.container.image.v1+json";
inline constexpr std::string_view dockerLayer = "application/vnd.docker.image.rootfs.diff.tar.gzip";
inline constexpr std::string_view dockerPlainLayer = "application/vnd.docker.image.rootfs.diff.tar";
inline constexpr std::string_view dockerForeignLayer =
    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
inline constexpr std::string_view dockerSchema1 =
    "application/vnd.docker.distribution.manifest.v1+json";

}  // namespace media

/// Nothing larger is read as a manifest, index or configuration.
inline constexpr uint64_t maxManifestSize = 4 * 1024 * 1024;

struct Descriptor {
  std::string mediaType;
  std::string digest;
  uint64_t size = 0;
  std::map<std::string, std::string> annotations;
  std::vector<std::string> urls;  ///< where else the blob may be had
  std::optional<Platform> platform;
};

struct Manifest {
  std::string mediaType;  ///< ociManifest or dockerManifest
  Descriptor config;
  std::vector<Descriptor> layers;  ///< lowest first
  std::map<std::string, std::string> annotations;
};

struct Index {
  std::string mediaType;  ///< ociIndex or dockerIndex
  std::vector<Descriptor> manifests;
  std::map<std::string, std::string> annotations;
};

bool isManifestType(std::string_view mediaType);
bool isIndexType(std::string_view mediaType);

/// A layer that registries do not distribute (of Windows images): fetched from its `urls`, never
/// pushed.
bool isForeignLayer(std::string_view mediaType);

/// What kind of document the bytes are: the media type written in them, else `hint` (the
/// Content-Type of a reply), else told by the members they have. Fails [invalid] if they are not
/// JSON or neither kind, [unsupported] for a schema 1 manifest. `what` is named in errors.
std::string mediaTypeOf(std::string_view bytes, std::string_view hint, std::string_view what);

/// Strict: a missing or wrong member is an error [invalid] that names it. Unknown members are
/// skipped, as the specification asks.
Manifest parseManifest(std::string_view bytes, std::string_view what);
Index parseIndex(std::string_view bytes, std::string_view what);

std::string write(const Manifest& manifest);
std::string write(const Index& index);

}  // namespace stave::image
