#pragma once

#include "repository.h"

namespace stave::oci {

/// Finds the image that a reference means, on a worker thread: manifest, configuration, index.
image::Resolved resolveReference(const std::shared_ptr<Services>& services,
                                 const image::Reference& reference, const image::Platform& platform,
                                 const Caller& caller);

}  // namespace stave::oci
