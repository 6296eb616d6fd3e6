#pragma once

#include <stave/image/config.h>
#include <stave/image/manifest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

/// From what a reference points to, an index or a manifest, to one image.
namespace stave::image {

/// A manifest or index as it came.
struct Document {
  std::string bytes;
  std::string mediaType;  ///< as mediaTypeOf() says
  std::string digest;
};

struct Resolved {
  std::string reference;
  Descriptor index;  ///< what the reference points to; the manifest if there is no index
  Descriptor manifest;
  Manifest parsed;
  ImageConfig config;
  std::string configBytes;
  std::vector<std::pair<std::string, std::string>>
      documents;  ///< digest and bytes of all that was read
};

/// Gets a document or a configuration by its descriptor. What it returns need not be verified.
using Fetch = std::function<std::string(const Descriptor&)>;

/// Makes a document of bytes: computes the digest and, if one is expected, compares. Fails
/// [invalid].
Document makeDocument(std::string bytes, std::string_view typeHint, std::string_view expectedDigest,
                      std::string_view what);

/// Descends through (nested) indexes to the image that suits the platform best, and reads its
/// configuration. Everything fetched is verified. If `wanted` names no architecture, an image
/// without an index is taken whatever it is for. Fails [unsupported], listing the platforms there
/// are; [invalid].
Resolved resolveImage(std::string reference, Document root, const Platform& wanted,
                      const Fetch& fetch);

}  // namespace stave::image
