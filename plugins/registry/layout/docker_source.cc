#include <stave/error.h>
#include <stave/image/digest.h>

#include <charconv>

#include "docker_manifest.h"
#include "image_source.h"

namespace stave::layout {

namespace {

/// A docker archive has no manifest of the OCI sort; one is made of what its files are.
class DockerSource final : public ImageSource {
 public:
  DockerSource(std::unique_ptr<FileSet> files, std::string reference)
      : files_(std::move(files)), reference_(std::move(reference)) {
    if (!files_->find(dockerManifestFile)) {
      fail(ErrorCode::INVALID,
           files_->place() + ": is no docker archive: manifest.json is missing");
    }
    entries_ = parseDockerManifest(files_->text(dockerManifestFile), files_->place());
  }

  std::vector<std::string> names() override;
  FoundImage find(const std::string& name, const image::Platform& platform) override;
  FileSet& files() override { return *files_; }

 private:
  const DockerEntry& choose(const std::string& name);
  image::Descriptor describeLayer(const std::string& file, const std::string& diffId);

  std::unique_ptr<FileSet> files_;
  std::string reference_;
  std::vector<DockerEntry> entries_;
};

std::vector<std::string> DockerSource::names() {
  std::vector<std::string> result;
  for (size_t i = 0; i < entries_.size(); ++i) {
    for (const std::string& tag : entries_[i].tags) result.push_back(normalizedName(tag));
    if (entries_[i].tags.empty()) result.push_back("@" + std::to_string(i));
  }
  return result;
}

const DockerEntry& DockerSource::choose(const std::string& name) {
  if (name.empty() && entries_.size() == 1) return entries_.front();
  if (name.starts_with('@')) {
    size_t number = entries_.size();
    std::from_chars(name.data() + 1, name.data() + name.size(), number);
    if (number < entries_.size()) return entries_[number];
  }
  for (const DockerEntry& entry : entries_) {
    for (const std::string& tag : entry.tags) {
      if (normalizedName(tag) == normalizedName(name)) return entry;
    }
  }
  failUnknownName(files_->place(), name, names());
}

/// A plain tar is its own diff id. What is compressed has to be read to know its digest.
image::Descriptor DockerSource::describeLayer(const std::string& file, const std::string& diffId) {
  image::Descriptor layer;
  std::string begin;
  image::Hasher hasher;
  files_->read(file, [&](const char* data, size_t size) {
    if (begin.size() < 4) begin.append(data, std::min<size_t>(size, 4));
    hasher.update(data, size);
    layer.size += size;
  });
  layer.digest = hasher.finish();
  bool gzip = begin.starts_with("\x1f\x8b"), zstd = begin.starts_with("\x28\xb5\x2f\xfd");
  layer.mediaType = gzip   ? image::media::ociLayerGzip
                    : zstd ? image::media::ociLayerZstd
                           : image::media::ociLayer;
  if (!gzip && !zstd && layer.digest != diffId) {
    fail(ErrorCode::INVALID, files_->place() + ": layer " + file + " has digest " + layer.digest +
                                 ", the configuration says " + diffId);
  }
  return layer;
}

FoundImage DockerSource::find(const std::string& name, const image::Platform& platform) {
  const DockerEntry& entry = choose(name);
  std::string bytes = files_->text(entry.config);
  auto config = image::parseConfig(bytes, files_->place() + ": " + entry.config);
  if (config.diffIds.size() != entry.layers.size()) {
    fail(ErrorCode::INVALID, files_->place() + ": " + entry.config + " has " +
                                 std::to_string(config.diffIds.size()) + " layers, manifest.json " +
                                 std::to_string(entry.layers.size()));
  }
  FoundImage found;
  image::Manifest manifest;
  manifest.mediaType = image::media::ociManifest;
  manifest.config = {
      std::string(image::media::ociConfig), image::digestOf(bytes), bytes.size(), {}, {}, {}};
  for (size_t i = 0; i < entry.layers.size(); ++i) {
    manifest.layers.push_back(describeLayer(entry.layers[i], config.diffIds[i]));
    found.layerFiles[manifest.layers.back().digest] = entry.layers[i];
  }
  auto root = image::makeDocument(image::write(manifest), manifest.mediaType, "", reference_);
  found.resolved = image::resolveImage(reference_, std::move(root), platform,
                                       [&](const image::Descriptor&) { return bytes; });
  return found;
}

}  // namespace

std::unique_ptr<ImageSource> openDockerArchive(std::unique_ptr<FileSet> files,
                                               std::string reference) {
  return std::make_unique<DockerSource>(std::move(files), std::move(reference));
}

}  // namespace stave::layout
