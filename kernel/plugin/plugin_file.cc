#include "kernel/plugin/plugin_file.h"

#include <algorithm>

#include "stave/error.h"
#include "stave/json.h"
#include "stave/os/file.h"

namespace stave::plugin {

namespace {

constexpr std::string_view suffix = ".so";

std::vector<std::string> filesBeside(const std::string& file) {
  std::vector<std::string> files;
  kj::runCatchingExceptions(
      [&]() { files = os::listDirectory(file.substr(0, file.rfind('/') + 1)); });
  return files;
}

/// Plug-ins of the kind whose files stand where this one's should.
std::vector<std::string> namesOfKind(const config::PluginConfig& config) {
  std::vector<std::string> names;
  auto prefix = config.kind + "-";
  for (auto& file : filesBeside(config.file)) {
    if (!file.starts_with(prefix) || !file.ends_with(suffix)) continue;
    if (file.size() <= prefix.size() + suffix.size()) continue;
    names.push_back(file.substr(prefix.size(), file.size() - prefix.size() - suffix.size()));
  }
  return names;
}

std::string advice(const config::PluginConfig& config) {
  auto names = namesOfKind(config);
  auto nearest = nearestName(config.name, names);
  if (!nearest.empty()) return "; did you mean \"" + nearest + "\"?";
  std::string all;
  for (auto& name : names) all += (all.empty() ? "; there are: " : ", ") + name;
  return all.empty() ? "; that directory has no plug-in of the kind " + config.kind : all;
}

}  // namespace

void requirePluginFile(const config::PluginConfig& config) {
  if (os::exists(config.file)) return;
  auto from = config.filePlace.empty() ? "" : config.filePlace + ": ";
  fail(ErrorCode::NOT_FOUND, from + "there is no plug-in " + config.fullName() + ": " +
                                 config.file + " does not exist" + advice(config));
}

}  // namespace stave::plugin
