#include <stave/error.h>
#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>

#include "documents.h"

namespace stave::cli {

using Json = nlohmann::json;

namespace {

constexpr size_t mostNodes = 1'000'000;  // aliases may multiply a small text without bound

/// A plain scalar as YAML's core schema reads it; a quoted one is text.
Json scalar(const YAML::Node& node) {
  auto& text = node.Scalar();
  if (node.Tag() == "!") return text;
  if (text.empty() || text == "~" || text == "null") return nullptr;
  if (text == "true" || text == "false") return text == "true";
  bool numeric = text.find_first_not_of("+-.0123456789eE") == std::string::npos &&
                 text.find_first_of("0123456789") != std::string::npos;
  if (!numeric) return text;
  auto number = Json::parse(text, nullptr, false);
  return number.is_number() ? number : Json(text);
}

class Converter {
 public:
  explicit Converter(std::string_view fileName) : fileName_(fileName) {}

  Json convert(const YAML::Node& node) {
    if (++nodes_ > mostNodes) refuse(node, "it is too large");
    if (node.IsScalar()) return scalar(node);
    if (node.IsSequence()) {
      Json array = Json::array();
      for (auto element : node) array.push_back(convert(element));
      return array;
    }
    if (!node.IsMap()) return nullptr;
    Json object = Json::object();
    for (auto member : node) {
      if (!member.first.IsScalar()) refuse(member.first, "a key must be text");
      auto& key = member.first.Scalar();
      if (object.contains(key)) refuse(member.first, "\"" + key + "\" stands there twice");
      object[key] = convert(member.second);
    }
    return object;
  }

 private:
  [[noreturn]] void refuse(const YAML::Node& node, const std::string& reason) {
    fail(ErrorCode::INVALID,
         std::string(fileName_) + ":" + std::to_string(node.Mark().line + 1) + ": " + reason);
  }

  std::string_view fileName_;
  size_t nodes_ = 0;
};

}  // namespace

std::vector<Json> parseYaml(std::string_view fileName, std::string_view text) {
  std::vector<Json> documents;
  try {
    for (auto& document : YAML::LoadAll(std::string(text))) {
      documents.push_back(Converter(fileName).convert(document));
    }
  } catch (const YAML::Exception& error) {
    fail(ErrorCode::INVALID, std::string(fileName) + ":" + std::to_string(error.mark.line + 1) +
                                 ": not valid YAML: " + error.msg);
  }
  return documents;
}

}  // namespace stave::cli
