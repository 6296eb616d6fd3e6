#include "docker_manifest.h"

#include <stave/error.h>

#include <nlohmann/json.hpp>

namespace stave::layout {

using Json = nlohmann::json;

namespace {

class EntryReader {
 public:
  EntryReader(const Json& json, std::string place) : json_(json), place_(std::move(place)) {
    if (!json.is_object()) refuse("is not an object");
  }

  DockerEntry read() const {
    DockerEntry entry;
    auto config = json_.find("Config");
    if (config == json_.end() || !config->is_string()) refuse("Config: is not a text");
    entry.config = config->get<std::string>();
    entry.tags = texts("RepoTags");
    entry.layers = texts("Layers");
    return entry;
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    fail(ErrorCode::INVALID, place_ + ": " + why);
  }
  std::vector<std::string> texts(const char* name) const {
    std::vector<std::string> result;
    auto list = json_.find(name);
    if (list == json_.end() || list->is_null()) return result;
    if (!list->is_array()) refuse(std::string(name) + ": is not a list");
    for (const Json& element : *list) {
      if (!element.is_string()) refuse(std::string(name) + ": has an element that is not a text");
      result.push_back(element.get<std::string>());
    }
    return result;
  }

  const Json& json_;
  std::string place_;
};

}  // namespace

std::vector<DockerEntry> parseDockerManifest(std::string_view bytes, const std::string& place) {
  Json json = Json::parse(bytes, nullptr, false);
  std::string where = place + ": " + dockerManifestFile;
  if (!json.is_array()) fail(ErrorCode::INVALID, where + ": is not a JSON list");
  std::vector<DockerEntry> result;
  for (const Json& element : json) {
    result.push_back(
        EntryReader(element, where + "[" + std::to_string(result.size()) + "]").read());
  }
  return result;
}

std::string writeDockerManifest(const std::vector<DockerEntry>& entries) {
  Json json = Json::array();
  for (const DockerEntry& entry : entries) {
    Json tags = entry.tags.empty() ? Json(nullptr) : Json(entry.tags);
    json.push_back({{"Config", entry.config}, {"RepoTags", tags}, {"Layers", entry.layers}});
  }
  return json.dump();
}

std::string writeRepositories(const std::vector<DockerEntry>& entries) {
  Json json = Json::object();
  for (const DockerEntry& entry : entries) {
    if (entry.layers.empty()) continue;
    std::string top = entry.layers.back().substr(0, entry.layers.back().find('.'));
    for (const std::string& tag : entry.tags) {
      size_t colon = tag.rfind(':');
      if (colon != std::string::npos) json[tag.substr(0, colon)][tag.substr(colon + 1)] = top;
    }
  }
  return json.dump();
}

}  // namespace stave::layout
