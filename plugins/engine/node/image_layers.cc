#include "image_layers.h"

#include <stave/error.h>
#include <stave/schema/objects/image.capnp.h>

#include <algorithm>

#include "text.h"

namespace stave::node {

void ImageLayers::claim(const std::string& image, std::vector<std::string> chainIds) {
  claims_[image] = std::move(chainIds);
}

void ImageLayers::release(const std::string& image) {
  auto claim = claims_.extract(image);
  if (claim.empty()) return;
  for (auto& chainId : claim.mapped()) condemn(chainId);
}

void ImageLayers::condemn(const std::string& chainId) {
  auto known = std::find(condemned_.begin(), condemned_.end(), chainId);
  if (known == condemned_.end()) condemned_.push_back(chainId);
}

std::set<std::string> ImageLayers::used() const {
  std::set<std::string> used;
  for (auto& [image, chainIds] : claims_) used.insert(chainIds.begin(), chainIds.end());
  for (auto& [name, object] : images_.all()) {
    if (object->deleted()) continue;
    for (auto layer : object->status<schema::ImageStatus>().getLayers()) {
      used.insert(text(layer.getChainId()));
    }
  }
  return used;
}

Task<> ImageLayers::collect() {
  again_ = true;
  if (collecting_) co_return;
  collecting_ = true;
  auto done = kj::defer([this]() { collecting_ = false; });
  while (again_) {
    again_ = false;
    co_await collectOnce();
  }
}

Task<> ImageLayers::collectOnce() {
  auto waiting = condemned_;
  for (size_t i = waiting.size(); i-- > 0;) {
    bool settled = used().count(waiting[i]) > 0;
    if (!settled) settled = co_await remove(waiting[i]);
    if (settled) std::erase(condemned_, waiting[i]);
  }
}

/// Whether it is gone; in use by a container or a later layer it stays for now.
Task<bool> ImageLayers::remove(std::string chainId) {
  auto request = environment_.drivers.storage.removeLayerRequest();
  request.setChainId(chainId.c_str());
  try {
    co_await request.send();
  } catch (const kj::Exception& exception) {
    if (codeOf(exception) != ErrorCode::CONFLICT) throw;
    co_return false;
  }
  co_return true;
}

}  // namespace stave::node
