#define TOML_EXCEPTIONS 0
#include <stave/error.h>
#include <toml++/toml.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "documents.h"

namespace stave::cli {

using Json = nlohmann::json;

namespace {

template <typename T>
std::string written(const T& value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

Json converted(const toml::node& node) {
  if (auto table = node.as_table()) {
    Json object = Json::object();
    for (auto&& [key, value] : *table) object[std::string(key.str())] = converted(value);
    return object;
  }
  if (auto list = node.as_array()) {
    Json array = Json::array();
    for (auto& element : *list) array.push_back(converted(element));
    return array;
  }
  if (auto text = node.as_string()) return text->get();
  if (auto number = node.as_integer()) return number->get();
  if (auto number = node.as_floating_point()) return number->get();
  if (auto truth = node.as_boolean()) return truth->get();
  if (auto date = node.as_date()) return written(date->get());
  if (auto time = node.as_time()) return written(time->get());
  if (auto moment = node.as_date_time()) return written(moment->get());
  return nullptr;
}

}  // namespace

Json parseToml(std::string_view fileName, std::string_view text) {
  auto result = toml::parse(text);
  if (!result) {
    auto& error = result.error();
    fail(ErrorCode::INVALID, std::string(fileName) + ":" +
                                 std::to_string(error.source().begin.line) +
                                 ": not valid TOML: " + std::string(error.description()));
  }
  return converted(result.table());
}

}  // namespace stave::cli
