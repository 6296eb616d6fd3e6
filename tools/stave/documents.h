#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace stave::cli {

enum class DocumentFormat { json, yaml, toml };

/// By the name's ending, else by looking at the text.
DocumentFormat formatOf(std::string_view fileName, std::string_view text);

/// The objects of a file: several YAML documents, a list, or a member "objects" that is a list.
/// Throws [invalid] with the file's name and the line.
std::vector<nlohmann::json> parseDocuments(std::string_view fileName, std::string_view text);

nlohmann::json parseToml(std::string_view fileName, std::string_view text);
std::vector<nlohmann::json> parseYaml(std::string_view fileName, std::string_view text);

}  // namespace stave::cli
