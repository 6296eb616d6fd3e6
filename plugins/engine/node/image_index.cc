#include "image_index.h"

#include <stave/error.h>
#include <stave/image/reference.h>
#include <stave/schema/objects/image.capnp.h>

#include <set>

#include "text.h"

namespace stave::node {

namespace {

constexpr std::string_view digestPrefix = "sha256:";

bool isHex(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdef") == text.npos;
}

std::string normalized(const std::string& reference) {
  if (view(reference.c_str()).substr(0, digestPrefix.size()) == digestPrefix) return reference;
  return image::parseReference(reference).text();
}

}  // namespace

ImageIndex::ImageIndex(Mirror& images) : images_(images) {
  images_.onChange([this](const ObjectPointer& object, bool removed) { note(object, removed); });
}

void ImageIndex::note(const ObjectPointer& object, bool removed) {
  ready_.erase(object->key());
  if (removed || object->deleted()) return;
  auto status = object->status<schema::ImageStatus>();
  // One that could not be looked up again is still here as it was.
  if (status.getConfig().size() == 0) return;
  auto ready = std::make_shared<ReadyImage>();
  ready->name = object->name();
  ready->manifestDigest = text(status.getManifestDigest());
  ready->configDigest = text(status.getConfigDigest());
  auto layers = status.getLayers();
  if (layers.size() > 0) ready->chainId = text(layers[layers.size() - 1].getChainId());
  ready->config = image::parseConfig(view(status.getConfig()), "image " + object->name());
  ready_[object->key()] = std::move(ready);
}

ReadyImagePointer ImageIndex::ready(const std::string& name) const {
  auto found = ready_.find(name);
  return found == ready_.end() ? nullptr : found->second;
}

ReadyImagePointer ImageIndex::byId(const std::string& configDigest) const {
  for (auto& [name, image] : ready_) {
    if (image->configDigest == configDigest) return image;
  }
  return nullptr;
}

std::string ImageIndex::resolve(const std::string& reference) const {
  auto name = find(reference);
  if (name.empty()) fail(ErrorCode::NOT_FOUND, "no such image: " + reference);
  return name;
}

std::string ImageIndex::wanted(const std::string& reference) const {
  auto name = find(reference);
  return name.empty() ? normalized(reference) : name;
}

std::string ImageIndex::find(const std::string& reference) const {
  if (images_.find(reference) != nullptr) return reference;
  std::string_view id = reference;
  bool isDigest = id.substr(0, digestPrefix.size()) == digestPrefix;
  if (isDigest) return findById(id.substr(digestPrefix.size()));
  auto full = isHex(id) && id.size() == 64 ? std::string() : normalized(reference);
  if (images_.find(full) != nullptr) return full;
  for (auto& [key, object] : images_.all()) {
    if (view(object->status<schema::ImageStatus>().getRepoDigest()) == full) return key;
  }
  return isHex(id) ? findById(id) : std::string();
}

std::string ImageIndex::findById(std::string_view beginning) const {
  std::string name;
  std::set<std::string> ids;
  for (auto& [key, object] : images_.all()) {
    auto status = object->status<schema::ImageStatus>();
    for (auto digest : {status.getConfigDigest(), status.getManifestDigest()}) {
      auto hex = view(digest);
      if (hex.substr(0, digestPrefix.size()) != digestPrefix) continue;
      if (hex.substr(digestPrefix.size(), beginning.size()) != beginning) continue;
      if (name.empty()) name = key;
      ids.insert(text(status.getConfigDigest()));
      break;
    }
  }
  if (ids.size() > 1) {
    fail(ErrorCode::CONFLICT, "image id " + std::string(beginning) + " fits " +
                                  std::to_string(ids.size()) + " images; give more digits");
  }
  return name;
}

}  // namespace stave::node
