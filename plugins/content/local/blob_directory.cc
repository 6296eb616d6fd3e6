#include "blob_directory.h"

#include <fcntl.h>
#include <stave/error.h>
#include <stave/os/positioned_io.h>

namespace stave::local {

namespace {

constexpr const char* algorithms[] = {"sha256", "sha512"};

}  // namespace

BlobDirectory::BlobDirectory(std::string root) : root_(std::move(root)) {
  for (const char* algorithm : algorithms) {
    os::makeDirectories(root_ + "/blobs/" + algorithm, 0700);
  }
  os::makeDirectories(trash(), 0700);
}

std::string BlobDirectory::directoryOf(const image::Digest& digest) const {
  return root_ + "/blobs/" + digest.algorithm;
}

std::string BlobDirectory::pathOf(const image::Digest& digest) const {
  return directoryOf(digest) + "/" + digest.hex;
}

std::optional<BlobFile> BlobDirectory::find(const image::Digest& digest) const {
  auto found = os::findFile(pathOf(digest));
  if (!found) return std::nullopt;
  return BlobFile{found->size, found->modified};
}

os::Fd BlobDirectory::open(const image::Digest& digest) const {
  return os::open(pathOf(digest), O_RDONLY | O_NOFOLLOW);
}

std::map<std::string, BlobFile> BlobDirectory::scan() const {
  std::map<std::string, BlobFile> result;
  for (std::string algorithm : algorithms) {
    for (const std::string& hex : os::listDirectory(root_ + "/blobs/" + algorithm)) {
      std::string text = algorithm + ":" + hex;
      if (!image::isDigest(text)) continue;
      if (auto found = find({algorithm, hex})) result.emplace(text, *found);
    }
  }
  return result;
}

void BlobDirectory::adopt(const std::string& file, const image::Digest& digest) const {
  os::rename(file, pathOf(digest));
  os::syncDirectory(directoryOf(digest));
}

void BlobDirectory::discard(const image::Digest& digest) const {
  if (os::exists(pathOf(digest))) os::rename(pathOf(digest), trash() + "/" + digest.hex);
}

void BlobDirectory::emptyTrash() const {
  for (const std::string& name : os::listDirectory(trash())) os::removeTree(trash() + "/" + name);
}

}  // namespace stave::local
