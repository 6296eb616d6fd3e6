#pragma once

#include <stave/image/resolve.h>
#include <stave/schema/content.capnp.h>
#include <stave/schema/registry.capnp.h>
#include <stave/task.h>

/// Between plain data and the content and registry contracts.
namespace stave::image {

/// Puts bytes into content under their digest, which the caller has verified. There already: fine.
Task<> storeBlob(schema::Content::Client content, std::string digest, std::string bytes,
                 std::string owner);

/// All documents of an image.
Task<> storeDocuments(schema::Content::Client content,
                      std::vector<std::pair<std::string, std::string>> documents,
                      std::string owner);

/// A whole blob. Fails [not-found], and [invalid] if it is larger than `limit`.
Task<std::string> loadBlob(schema::Content::Client content, std::string digest,
                           uint64_t limit = maxManifestSize);

/// Keeps all blobs of the image as long as the hold lives.
Task<schema::Hold::Client> holdImage(schema::Content::Client content,
                                     std::vector<std::string> digests, std::string name);

/// Manifest, configuration, index and layers.
std::vector<std::string> digestsOf(const Resolved& image);

Platform readPlatform(schema::Platform::Reader platform);
void fill(const Platform& platform, schema::Platform::Builder target);
void fill(const Descriptor& descriptor, schema::Descriptor::Builder target);
void fill(const Resolved& image, schema::ResolvedImage::Builder target);

}  // namespace stave::image
