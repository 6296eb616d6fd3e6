#include "source_record.h"

#include <stave/os/file.h>

#include <nlohmann/json.hpp>

namespace stave::oci {

namespace {

constexpr size_t maxDigests = 20'000;
constexpr size_t maxRepositories = 4;

}  // namespace

SourceRecord::SourceRecord(std::string file) : file_(std::move(file)) {
  load();
}

void SourceRecord::load() {
  if (!os::exists(file_)) return;
  auto json = nlohmann::json::parse(os::readFile(file_), nullptr, false);
  if (!json.is_object()) return;
  for (auto& [digest, repositories] : json.items()) {
    if (!repositories.is_array()) continue;
    for (auto& repository : repositories) {
      if (repository.is_string()) insert(digest, repository.get<std::string>());
    }
  }
}

void SourceRecord::insert(const std::string& digest, const std::string& repository) {
  auto [found, added] = repositories_.try_emplace(digest);
  if (added) order_.push_back(digest);
  if (found->second.size() < maxRepositories) found->second.insert(repository);
  while (order_.size() > maxDigests) {
    repositories_.erase(order_.front());
    order_.pop_front();
  }
}

void SourceRecord::add(const std::string& domain, const std::string& path,
                       const std::vector<std::string>& digests) {
  std::lock_guard lock(mutex_);
  for (const std::string& digest : digests) insert(digest, domain + "/" + path);
}

std::vector<std::string> SourceRecord::find(const std::string& domain, const std::string& digest,
                                            const std::string& exceptPath) const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> result;
  auto found = repositories_.find(digest);
  if (found == repositories_.end()) return result;
  std::string prefix = domain + "/";
  for (const std::string& repository : found->second) {
    if (!repository.starts_with(prefix)) continue;
    std::string path = repository.substr(prefix.size());
    if (path != exceptPath) result.push_back(std::move(path));
  }
  return result;
}

void SourceRecord::save() const {
  std::lock_guard lock(mutex_);
  nlohmann::json json = nlohmann::json::object();
  for (auto& [digest, repositories] : repositories_) json[digest] = repositories;
  os::replaceFile(file_, json.dump(), 0600);
}

}  // namespace stave::oci
