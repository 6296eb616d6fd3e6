#pragma once

#include <stave/image/digest.h>
#include <stave/os/file.h>

#include <map>
#include <optional>
#include <string>

namespace stave::local {

struct BlobFile {
  uint64_t size = 0;
  int64_t created = 0;  ///< Unix time, nanoseconds
};

/// Complete blobs on disk: ROOT/blobs/ALGORITHM/HEX. A file there is complete and was verified; it
/// comes and goes by rename only.
class BlobDirectory {
 public:
  /// Makes what is missing.
  explicit BlobDirectory(std::string root);

  std::optional<BlobFile> find(const image::Digest& digest) const;
  os::Fd open(const image::Digest& digest) const;  ///< read-only; fails [not-found]
  std::map<std::string, BlobFile> scan() const;

  /// Makes the file a blob, so that it is there also after a power failure. There already:
  /// replaced.
  void adopt(const std::string& file, const image::Digest& digest) const;

  /// Takes a blob out of sight: one rename. Its bytes go with the next emptyTrash().
  void discard(const image::Digest& digest) const;
  void emptyTrash() const;

  const std::string& root() const { return root_; }
  std::string trash() const { return root_ + "/trash"; }

 private:
  std::string directoryOf(const image::Digest& digest) const;
  std::string pathOf(const image::Digest& digest) const;

  std::string root_;
};

}  // namespace stave::local
