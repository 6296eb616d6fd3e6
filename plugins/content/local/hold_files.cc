#include "hold_files.h"

#include <stave/error.h>
#include <stave/image/digest.h>
#include <stave/os/file.h>
#include <stave/os/positioned_io.h>

#include <nlohmann/json.hpp>

namespace stave::local {

namespace {

HoldEntry parse(const std::string& text) {
  auto json = nlohmann::json::parse(text);
  HoldEntry entry{json.at("name"), json.at("digests"), true};
  for (const std::string& digest : entry.digests) image::parseDigest(digest, "hold " + entry.name);
  return entry;
}

}  // namespace

HoldFiles::HoldFiles(std::string root) : root_(std::move(root) + "/holds") {
  os::makeDirectories(root_, 0700);
}

std::string HoldFiles::pathOf(const std::string& name) const {
  return root_ + "/" + image::digestOf(name).substr(sizeof("sha256:") - 1) + ".json";
}

void HoldFiles::want(const std::string& name, std::optional<HoldEntry> entry) {
  std::lock_guard lock(mutex_);
  wanted_[name] = std::move(entry);
}

void HoldFiles::write(const std::string& name, const std::optional<HoldEntry>& entry) const {
  if (entry) {
    nlohmann::json json = {{"name", entry->name}, {"digests", entry->digests}};
    os::replaceFile(pathOf(name), json.dump(), 0600, true);
  } else if (os::removeFile(pathOf(name))) {
    os::syncDirectory(root_);
  }
}

void HoldFiles::flush(const std::string& name) {
  std::lock_guard writing(writing_);
  std::optional<HoldEntry> entry;
  {
    std::lock_guard lock(mutex_);
    auto found = wanted_.find(name);
    if (found == wanted_.end()) return;
    entry = std::move(found->second);
    wanted_.erase(found);
  }
  write(name, entry);
}

std::vector<HoldEntry> HoldFiles::load(std::vector<std::string>& defects) const {
  std::vector<HoldEntry> result;
  for (const std::string& file : os::listDirectory(root_)) {
    if (!file.ends_with(".json")) continue;
    try {
      result.push_back(parse(os::readFile(root_ + "/" + file)));
    } catch (const nlohmann::json::exception& exception) {
      defects.push_back(root_ + "/" + file + ": " + exception.what());
    } catch (const kj::Exception& exception) {
      defects.push_back(root_ + "/" + file + ": " + textOf(exception));
    }
  }
  return result;
}

}  // namespace stave::local
