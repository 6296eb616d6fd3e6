#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stave::layout {

/// One image in the manifest.json of a docker archive.
struct DockerEntry {
  std::string config;  ///< file name
  std::vector<std::string> tags;
  std::vector<std::string> layers;  ///< file names, lowest first
};

inline constexpr const char* dockerManifestFile = "manifest.json";
inline constexpr const char* dockerRepositoriesFile = "repositories";

/// Fails [invalid] naming the member that is wrong.
std::vector<DockerEntry> parseDockerManifest(std::string_view bytes, const std::string& place);

std::string writeDockerManifest(const std::vector<DockerEntry>& entries);

/// The older table, which some tools still want: repository and tag to the top layer.
std::string writeRepositories(const std::vector<DockerEntry>& entries);

}  // namespace stave::layout
