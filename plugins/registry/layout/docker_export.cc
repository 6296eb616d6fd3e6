#include "docker_export.h"

#include <stave/error.h>
#include <stave/image/digest.h>
#include <stave/image/reference.h>

#include <algorithm>
#include <set>

#include "docker_manifest.h"
#include "image_source.h"
#include "layer_stream.h"
#include "tar_writer.h"

namespace stave::layout {

namespace {

std::string hexOf(const std::string& digest) {
  return digest.substr(digest.find(':') + 1);
}

/// Docker writes names as people do.
std::string tagFor(const std::string& name) {
  return image::parseReference(name).familiar();
}

class DockerArchive {
 public:
  DockerArchive(const LayoutReference& target, const OutgoingImage& image)
      : target_(target),
        image_(image),
        config_(image::parseConfig(image.configBytes, "configuration")),
        writer_(target.path) {}

  void write();

 private:
  void keepPresent();
  void addLayer(size_t number);
  DockerEntry describe() const;

  const LayoutReference& target_;
  const OutgoingImage& image_;
  image::ImageConfig config_;
  TarWriter writer_;
  std::set<std::string> written_;
  std::vector<DockerEntry> entries_;
};

void DockerArchive::keepPresent() {
  if (!os::exists(target_.path)) return;
  auto present = openTar(target_.path);
  entries_ = parseDockerManifest(present->text(dockerManifestFile), target_.path);
  for (const std::string& name : present->names()) {
    if (name == dockerManifestFile || name == dockerRepositoriesFile) continue;
    auto size = present->find(name);
    if (!size) continue;
    writer_.add(name, *size, [&](const ByteSink& sink) { present->read(name, sink); });
    written_.insert(name);
  }
}

/// Twice through the blob: a tar wants the size before the bytes.
void DockerArchive::addLayer(size_t number) {
  const std::string& diffId = config_.diffIds[number];
  std::string name = hexOf(diffId) + ".tar";
  const std::string& digest = image_.parsed.layers[number].digest;
  if (!written_.insert(name).second) return;
  int blob = *image_.layers.at(digest);
  image::Hasher hasher(image::parseDigest(diffId, "layer").algorithm);
  uint64_t size = readLayer(blob, "layer " + digest,
                            [&](const char* data, size_t count) { hasher.update(data, count); });
  std::string computed = hasher.finish();
  if (computed != diffId) {
    fail(ErrorCode::INVALID, "layer " + digest + ": unpacked it has digest " + computed +
                                 ", the configuration says " + diffId);
  }
  writer_.add(name, size, [&](const ByteSink& sink) { readLayer(blob, "layer " + digest, sink); });
  *image_.progress += image_.parsed.layers[number].size;
}

DockerEntry DockerArchive::describe() const {
  DockerEntry entry;
  entry.config = hexOf(image_.parsed.config.digest) + ".json";
  for (const std::string& diffId : config_.diffIds) entry.layers.push_back(hexOf(diffId) + ".tar");
  return entry;
}

void DockerArchive::write() {
  if (config_.diffIds.size() != image_.parsed.layers.size()) {
    fail(ErrorCode::INVALID, "image " + image_.manifest.digest +
                                 ": manifest and configuration have another number of layers");
  }
  keepPresent();
  for (size_t i = 0; i < image_.parsed.layers.size(); ++i) addLayer(i);
  DockerEntry entry = describe();
  if (written_.insert(entry.config).second) writer_.add(entry.config, image_.configBytes);
  auto same = [&](const DockerEntry& other) { return other.config == entry.config; };
  auto known = std::find_if(entries_.begin(), entries_.end(), same);
  if (known != entries_.end()) entry.tags = known->tags;
  std::erase_if(entries_, same);
  if (!target_.name.empty()) {
    std::string tag = tagFor(target_.name);
    for (DockerEntry& other : entries_) std::erase(other.tags, tag);
    std::erase(entry.tags, tag);
    entry.tags.push_back(tag);
  }
  entries_.push_back(std::move(entry));
  writer_.add(dockerManifestFile, writeDockerManifest(entries_));
  writer_.add(dockerRepositoriesFile, writeRepositories(entries_));
  writer_.finish();
}

}  // namespace

void writeDockerArchive(const LayoutReference& target, const OutgoingImage& image) {
  DockerArchive(target, image).write();
}

}  // namespace stave::layout
