#include "image_export.h"

#include <fcntl.h>
#include <stave/error.h>
#include <stave/image/reference.h>
#include <stave/os/positioned_io.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "docker_export.h"
#include "image_source.h"
#include "layout_names.h"
#include "tar_writer.h"

namespace stave::layout {

namespace {

constexpr size_t bufferSize = 256 * 1024;

void copyBlob(const OutgoingImage& image, const std::string& digest, const ByteSink& sink) {
  std::vector<char> buffer(bufferSize);
  for (uint64_t offset = 0;;) {
    size_t got = os::readAt(*image.layers.at(digest), buffer.data(), buffer.size(), offset);
    if (got == 0) return;
    sink(buffer.data(), got);
    offset += got;
    *image.progress += got;
  }
}

image::Descriptor entryFor(const LayoutReference& target, const OutgoingImage& image) {
  image::Descriptor entry{
      image.manifest.mediaType, image.manifest.digest, image.manifest.bytes.size(), {}, {}, {}};
  auto config = image::parseConfig(image.configBytes, "configuration");
  if (!config.platform.os.empty()) entry.platform = config.platform;
  if (target.name.empty()) return entry;
  bool isTag = image::isTag(target.name);
  entry.annotations[shortNameAnnotation] =
      isTag ? target.name : image::parseReference(target.name).tag;
  if (!isTag) entry.annotations[fullNameAnnotation] = normalizedName(target.name);
  return entry;
}

/// The index with one more entry, which takes the place of the one that had its name or digest.
image::Index withEntry(image::Index index, image::Descriptor entry) {
  std::erase_if(index.manifests, [&](const image::Descriptor& old) {
    bool sameName = !nameOf(entry).empty() && nameOf(old) == nameOf(entry);
    return sameName || (old.digest == entry.digest && nameOf(old).empty());
  });
  index.manifests.push_back(std::move(entry));
  return index;
}

void writeBlobFile(const std::string& root, const std::string& digest,
                   const std::function<void(const ByteSink&)>& produce) {
  std::string path = root + "/" + blobFile(digest);
  if (os::exists(path)) return;
  std::string temporary = path + ".partial";
  {
    auto file = os::open(temporary, O_WRONLY | O_CREAT | O_TRUNC);
    produce([&](const char* data, size_t size) { os::writeAll(file.get(), data, size); });
    os::syncData(file.get());
  }
  os::rename(temporary, path);
}

void writeDirectory(const LayoutReference& target, const OutgoingImage& image) {
  const std::string& root = target.path;
  os::makeDirectories(root + "/blobs/sha256");
  os::makeDirectories(root + "/blobs/sha512");
  auto text = [](const std::string& bytes) {
    return [&bytes](const ByteSink& sink) { sink(bytes.data(), bytes.size()); };
  };
  for (auto& [digest, file] : image.layers) {
    writeBlobFile(root, digest, [&](const ByteSink& sink) { copyBlob(image, digest, sink); });
  }
  writeBlobFile(root, image.parsed.config.digest, text(image.configBytes));
  writeBlobFile(root, image.manifest.digest, text(image.manifest.bytes));
  std::string indexPath = root + "/" + indexFile;
  image::Index index{std::string(image::media::ociIndex), {}, {}};
  if (os::exists(indexPath)) index = image::parseIndex(os::readFile(indexPath), indexPath);
  os::replaceFile(root + "/" + layoutFile, layoutVersion);
  os::replaceFile(indexPath, image::write(withEntry(std::move(index), entryFor(target, image))));
}

void writeOciArchive(const LayoutReference& target, const OutgoingImage& image) {
  TarWriter writer(target.path);
  writer.add(layoutFile, layoutVersion);
  image::Index index{std::string(image::media::ociIndex), {entryFor(target, image)}, {}};
  writer.add(indexFile, image::write(index));
  writer.add(blobFile(image.manifest.digest), image.manifest.bytes);
  writer.add(blobFile(image.parsed.config.digest), image.configBytes);
  for (auto& [digest, file] : image.layers) {
    writer.add(blobFile(digest), os::fileSize(*file),
               [&](const ByteSink& sink) { copyBlob(image, digest, sink); });
  }
  writer.finish();
}

}  // namespace

void exportImage(const LayoutReference& target, const OutgoingImage& image) {
  switch (target.kind) {
    case LayoutReference::Kind::directory:
      return writeDirectory(target, image);
    case LayoutReference::Kind::ociArchive:
      return writeOciArchive(target, image);
    case LayoutReference::Kind::dockerArchive:
      return writeDockerArchive(target, image);
  }
}

}  // namespace stave::layout
