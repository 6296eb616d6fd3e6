#pragma once

#include <stave/layer/rooted_writer.h>
#include <stave/layer/stream.h>

#include <memory>
#include <string>
#include <vector>

namespace stave::layer {

struct ApplyRequest {
  os::Fd blob;
  uint64_t size = 0;  ///< of the blob, when all of it has come
  std::string mediaType;
  std::string diffId;     ///< empty: any
  std::string directory;  ///< exists; empty, or with the content of the parent
  Whiteouts whiteouts = Whiteouts::apply;
  std::shared_ptr<JobControl> control;
};

struct ApplyResult {
  std::string diffId;
  std::vector<std::string> impliedDirectories;
  bool rootNamed = false;
  bool rootOpaque = false;
};

/// Applies one layer to a directory; blocks. Fails [invalid] for a bad archive, naming the entry,
/// or a wrong diffId, [exhausted] when the disk is full, [cancelled]. What it has made by then
/// stays there for the caller to throw away; nothing is synced to the disk.
ApplyResult applyLayer(ApplyRequest request);

/// Applies an uncompressed tar.
void applyTar(PieceSource& tar, RootedWriter& writer, const JobControl& control);

}  // namespace stave::layer
