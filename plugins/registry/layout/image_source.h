#pragma once

#include <stave/image/resolve.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "file_set.h"
#include "layout_reference.h"

namespace stave::layout {

/// An image found in a source, and the files that hold its layers.
struct FoundImage {
  image::Resolved resolved;
  std::map<std::string, std::string> layerFiles;  ///< by digest
};

/// Images in one place. Blocks: for worker threads.
class ImageSource {
 public:
  virtual ~ImageSource() = default;

  /// The names by which images can be asked for.
  virtual std::vector<std::string> names() = 0;

  /// Fails [not-found] listing the names there are, [unsupported] for the platform, [invalid].
  virtual FoundImage find(const std::string& name, const image::Platform& platform) = 0;

  virtual FileSet& files() = 0;
};

/// An OCI image layout, in a directory or in a tar file.
std::unique_ptr<ImageSource> openLayout(std::unique_ptr<FileSet> files, std::string reference);

/// What `docker save` writes.
std::unique_ptr<ImageSource> openDockerArchive(std::unique_ptr<FileSet> files,
                                               std::string reference);

std::unique_ptr<ImageSource> openSource(const LayoutReference& reference);

/// "docker.io/library/debian:12" for "debian:12"; the text itself if it is no image reference.
std::string normalizedName(const std::string& name);

/// Fails [not-found].
[[noreturn]] void failUnknownName(const std::string& place, const std::string& name,
                                  const std::vector<std::string>& known);

}  // namespace stave::layout
