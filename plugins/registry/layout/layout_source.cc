#include <stave/error.h>
#include <stave/image/digest.h>

#include "image_source.h"
#include "layout_names.h"

namespace stave::layout {

namespace {

class LayoutSource final : public ImageSource {
 public:
  LayoutSource(std::unique_ptr<FileSet> files, std::string reference)
      : files_(std::move(files)), reference_(std::move(reference)) {
    if (!files_->find(layoutFile)) {
      fail(ErrorCode::INVALID, files_->place() + ": is no OCI image layout: oci-layout is missing");
    }
    indexBytes_ = files_->text(indexFile);
    index_ = image::parseIndex(indexBytes_, files_->place() + "/" + indexFile);
  }

  std::vector<std::string> names() override;
  FoundImage find(const std::string& name, const image::Platform& platform) override;
  FileSet& files() override { return *files_; }

 private:
  image::Document rootFor(const std::string& name);
  image::Document load(const image::Descriptor& descriptor);

  std::unique_ptr<FileSet> files_;
  std::string reference_;
  std::string indexBytes_;
  image::Index index_;
};

std::vector<std::string> LayoutSource::names() {
  std::vector<std::string> result;
  for (const image::Descriptor& entry : index_.manifests) {
    std::string name = nameOf(entry);
    if (!name.empty()) result.push_back(name);
  }
  return result;
}

image::Document LayoutSource::load(const image::Descriptor& descriptor) {
  std::string bytes = files_->text(blobFile(descriptor.digest));
  return image::makeDocument(std::move(bytes), descriptor.mediaType, descriptor.digest,
                             files_->place() + ": " + descriptor.digest);
}

/// Without a name: the only entry, or all of them as what they are, an index.
image::Document LayoutSource::rootFor(const std::string& name) {
  if (name.empty()) {
    if (index_.manifests.size() == 1) return load(index_.manifests.front());
    if (!names().empty()) failUnknownName(files_->place(), name, names());
    return image::makeDocument(indexBytes_, image::media::ociIndex, "", files_->place());
  }
  for (const image::Descriptor& entry : index_.manifests) {
    std::string known = nameOf(entry);
    bool same = known == name || normalizedName(known) == normalizedName(name) ||
                entry.digest == name || shortNameOf(entry) == name;
    if (same) return load(entry);
  }
  failUnknownName(files_->place(), name, names());
}

FoundImage LayoutSource::find(const std::string& name, const image::Platform& platform) {
  auto fetch = [this](const image::Descriptor& descriptor) {
    return files_->text(blobFile(descriptor.digest));
  };
  FoundImage found{image::resolveImage(reference_, rootFor(name), platform, fetch), {}};
  for (const image::Descriptor& layer : found.resolved.parsed.layers) {
    found.layerFiles[layer.digest] = blobFile(layer.digest);
  }
  return found;
}

}  // namespace

std::unique_ptr<ImageSource> openLayout(std::unique_ptr<FileSet> files, std::string reference) {
  return std::make_unique<LayoutSource>(std::move(files), std::move(reference));
}

}  // namespace stave::layout
