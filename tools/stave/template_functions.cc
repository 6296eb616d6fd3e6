#include "template_functions.h"

#include <nlohmann/json.hpp>

#include "flags.h"

namespace stave::cli {

using nlohmann::json;

namespace {

using Values = std::vector<json>;

std::string dumped(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json mapLetters(const Values& values, int (*change)(int)) {
  auto text = templateText(values[0]);
  for (char& letter : text) letter = static_cast<char>(change(static_cast<unsigned char>(letter)));
  return text;
}

json title(const Values& values) {
  auto text = templateText(values[0]);
  if (!text.empty()) text[0] = static_cast<char>(::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

json join(const Values& values) {
  std::string text;
  auto separator = templateText(values[1]);
  for (auto& element : values[0]) {
    text += (&element == &values[0].front() ? "" : separator) + templateText(element);
  }
  return text;
}

json split(const Values& values) {
  auto text = templateText(values[0]), separator = templateText(values[1]);
  json parts = json::array();
  for (size_t begin = 0;;) {
    auto end = separator.empty() ? std::string::npos : text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos) return parts;
    begin = end + separator.size();
  }
}

json index(const Values& values) {
  if (values[0].is_object()) {
    auto found = values[0].find(templateText(values[1]));
    return found == values[0].end() ? json() : *found;
  }
  if (values[0].is_array() && values[1].is_number_unsigned()) {
    auto at = values[1].get<size_t>();
    if (at < values[0].size()) return values[0][at];
  }
  throw UsageError("the format cannot be used: index " + dumped(values[1]) + " is out of range");
}

json length(const Values& values) {
  return values[0].is_string() ? values[0].get_ref<const std::string&>().size() : values[0].size();
}

json println(const Values& values) {
  std::string text;
  for (auto& value : values) text += (&value == &values.front() ? "" : " ") + templateText(value);
  return text + "\n";
}

struct Function {
  std::string_view name;
  size_t arguments;
  json (*call)(const Values&);
};

constexpr Function functions[] = {
    {"json", 1, [](const Values& values) -> json { return dumped(values[0]); }},
    {"upper", 1, [](const Values& values) { return mapLetters(values, &::toupper); }},
    {"lower", 1, [](const Values& values) { return mapLetters(values, &::tolower); }},
    {"title", 1, &title},
    {"join", 2, &join},
    {"split", 2, &split},
    {"index", 2, &index},
    {"len", 1, &length},
    {"println", 1, &println},
};

const Function* findFunction(const std::string& name) {
  for (auto& function : functions) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

}  // namespace

bool isTemplateFunction(const std::string& name) {
  return findFunction(name) != nullptr;
}

json callTemplateFunction(const std::string& name, const Values& values) {
  auto function = findFunction(name);
  if (values.size() != function->arguments) {
    throw UsageError("the format cannot be used: \"" + name + "\" takes " +
                     std::to_string(function->arguments) + " values, not " +
                     std::to_string(values.size()));
  }
  return function->call(values);
}

std::string templateText(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return "<no value>";
  if (!value.is_structured()) return dumped(value);
  std::string text = value.is_array() ? "[" : "map[";
  bool first = true;
  for (auto& [key, element] : value.items()) {
    text += first ? "" : " ";
    if (value.is_object()) text += key + ":";
    text += templateText(element);
    first = false;
  }
  return text + "]";
}

}  // namespace stave::cli
