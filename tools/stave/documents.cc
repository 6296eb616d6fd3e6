#include "documents.h"

#include <stave/error.h>

#include <nlohmann/json.hpp>

namespace stave::cli {

using Json = nlohmann::json;

namespace {

bool endsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

Json parseJson(std::string_view fileName, std::string_view text) {
  try {
    return Json::parse(text);
  } catch (const Json::exception& error) {
    fail(ErrorCode::INVALID, std::string(fileName) + ": not valid JSON: " + error.what());
  }
}

void addObjects(Json document, std::vector<Json>& objects) {
  if (document.is_null()) return;
  if (document.is_object() && document.contains("objects")) document = Json(document["objects"]);
  if (document.is_array()) {
    for (auto& element : document) objects.push_back(std::move(element));
  } else {
    objects.push_back(std::move(document));
  }
}

}  // namespace

DocumentFormat formatOf(std::string_view fileName, std::string_view text) {
  if (endsWith(fileName, ".json")) return DocumentFormat::json;
  if (endsWith(fileName, ".toml")) return DocumentFormat::toml;
  if (endsWith(fileName, ".yaml") || endsWith(fileName, ".yml")) return DocumentFormat::yaml;
  auto first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && text[first] == '{') return DocumentFormat::json;
  auto line = text.substr(0, text.find('\n'));
  bool assigns =
      line.find('=') != std::string_view::npos && line.find(": ") == std::string_view::npos;
  return assigns ? DocumentFormat::toml : DocumentFormat::yaml;
}

std::vector<Json> parseDocuments(std::string_view fileName, std::string_view text) {
  std::vector<Json> objects;
  switch (formatOf(fileName, text)) {
    case DocumentFormat::json:
      addObjects(parseJson(fileName, text), objects);
      break;
    case DocumentFormat::toml:
      addObjects(parseToml(fileName, text), objects);
      break;
    case DocumentFormat::yaml:
      for (auto& document : parseYaml(fileName, text)) addObjects(std::move(document), objects);
      break;
  }
  if (objects.empty()) fail(ErrorCode::INVALID, std::string(fileName) + " holds no objects");
  return objects;
}

}  // namespace stave::cli
