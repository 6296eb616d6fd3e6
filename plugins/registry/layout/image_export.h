#pragma once

#include <stave/image/resolve.h>
#include <stave/os/file.h>

#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "layout_reference.h"

namespace stave::layout {

/// An image that is to leave, gathered from content.
struct OutgoingImage {
  image::Document manifest;
  image::Manifest parsed;
  std::string configBytes;
  std::map<std::string, std::shared_ptr<os::Fd>> layers;  ///< by digest; open for reading
  std::shared_ptr<std::atomic<uint64_t>> progress;        ///< bytes of layers written
};

/// Writes it to its place: adds to a layout directory or docker archive that is there, or makes a
/// new one; an oci-archive is always made anew. Blocks: for worker threads.
void exportImage(const LayoutReference& target, const OutgoingImage& image);

}  // namespace stave::layout
