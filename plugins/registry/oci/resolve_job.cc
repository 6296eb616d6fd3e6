#include "resolve_job.h"

namespace stave::oci {

image::Resolved resolveReference(const std::shared_ptr<Services>& services,
                                 const image::Reference& reference, const image::Platform& platform,
                                 const Caller& caller) {
  return onFirstEndpoint(services, reference, caller, [&](Repository& repository) {
    auto fetch = [&](const image::Descriptor& descriptor) {
      bool manifest =
          image::isManifestType(descriptor.mediaType) || image::isIndexType(descriptor.mediaType);
      return manifest ? repository.fetchManifest(descriptor.digest).bytes
                      : repository.fetchBlob(descriptor);
    };
    auto root = repository.fetchManifest(reference.identifier());
    return image::resolveImage(reference.text(), std::move(root), platform, fetch);
  });
}

}  // namespace stave::oci
