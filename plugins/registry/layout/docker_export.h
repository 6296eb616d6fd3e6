#pragma once

#include "image_export.h"

namespace stave::layout {

/// Writes what `docker load` reads: layers as plain tars, named by their diff ids. Images that are
/// in the archive already stay there; a name moves from one to the other.
void writeDockerArchive(const LayoutReference& target, const OutgoingImage& image);

}  // namespace stave::layout
