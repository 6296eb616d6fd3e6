#include "kernel/config/toml_source.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

/// Thrown where the parser finds itself in a state that it had thought impossible, and would end
/// the process: some malformed dates bring it there.
struct ParserGaveUp {};

#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#define TOML_ASSERT(condition)              \
  do {                                      \
    if (!(condition)) throw ParserGaveUp{}; \
  } while (false)
#include <toml++/toml.h>

#include "kernel/config/toml_check.h"
#include "stave/error.h"
#include "stave/os/file.h"

namespace stave::config {

namespace {

constexpr size_t deepestInclude = 16;

nlohmann::json toJson(const toml::node& node, const std::string& place) {
  if (auto* array = node.as_array()) {
    auto list = nlohmann::json::array();
    for (auto& element : *array) list.push_back(toJson(element, place));
    return list;
  }
  if (auto* table = node.as_table()) {
    auto object = nlohmann::json::object();
    for (auto& [key, value] : *table) object[std::string(key.str())] = toJson(value, place);
    return object;
  }
  if (auto* text = node.as_string()) return text->get();
  if (auto* number = node.as_integer()) return number->get();
  if (auto* number = node.as_floating_point()) {
    if (std::isfinite(number->get())) return number->get();
    fail(ErrorCode::INVALID, place + ": infinite and undefined numbers have no use here");
  }
  if (auto* flag = node.as_boolean()) return flag->get();
  fail(ErrorCode::INVALID, place + ": dates and times have no use in a configuration");
}

bool giveUpAt(std::string_view text) {
  try {
    (void)toml::parse(text);
  } catch (const toml::parse_error&) {
  } catch (const ParserGaveUp&) {
    return true;
  }
  return false;
}

/// The line at whose end the parser gives up.
size_t lineOfGivingUp(std::string_view text) {
  size_t line = 1;
  for (auto end = text.find('\n'); end != text.npos; end = text.find('\n', end + 1)) {
    if (giveUpAt(text.substr(0, end + 1))) break;
    ++line;
  }
  return line;
}

toml::table parseTable(std::string_view text, const std::string& name) {
  checkCharacters(text, name);
  try {
    return toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    fail(ErrorCode::INVALID, name + ":" + std::to_string(error.source().begin.line) + ":" +
                                 std::to_string(error.source().begin.column) + ": " +
                                 std::string(error.description()));
  } catch (const ParserGaveUp&) {
    fail(ErrorCode::INVALID, name + ":" + std::to_string(lineOfGivingUp(text)) +
                                 ": is no TOML; a text needs quotation marks");
  }
}

class Reader {
 public:
  void read(const std::string& path, size_t depth) {
    if (depth > deepestInclude) {
      fail(ErrorCode::INVALID, path + ": files include each other more than " +
                                   std::to_string(deepestInclude) + " deep; is there a circle?");
    }
    std::string text;
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { text = os::readFile(path); })) {
      kj::throwFatalException(withContext(*exception, "reading configuration"));
    }
    parse(text, path, depth);
  }

  void parse(std::string_view text, const std::string& name, size_t depth) {
    auto table = parseTable(text, name);
    include(table, name, depth);
    files_.push_back(name);
    std::vector<std::string> key;
    flatten(table, name, key);
  }

  Source take() {
    Source source;
    for (auto& [key, value] : values_) source.values.push_back(std::move(value));
    source.files = std::move(files_);
    return source;
  }

 private:
  void include(toml::table& table, const std::string& name, size_t depth) {
    auto* node = table.get("include");
    if (node == nullptr) return;
    auto place = name + ":" + std::to_string(node->source().begin.line);
    auto paths = toJson(*node, place);
    if (paths.is_string()) paths = nlohmann::json::array({paths});
    if (!paths.is_array())
      fail(ErrorCode::INVALID, place + ": include: expected a list of file names");
    auto slash = name.rfind('/');
    auto folder = slash == std::string::npos ? std::string() : name.substr(0, slash + 1);
    for (auto& path : paths) {
      if (!path.is_string()) fail(ErrorCode::INVALID, place + ": include: expected file names");
      auto file = path.get<std::string>();
      read(file.starts_with('/') ? file : folder + file, depth + 1);
    }
    table.erase("include");
  }

  void flatten(const toml::table& table, const std::string& name, std::vector<std::string>& key) {
    for (auto& [part, node] : table) {
      key.emplace_back(part.str());
      if (auto* inner = node.as_table(); inner != nullptr && !inner->empty()) {
        flatten(*inner, name, key);
      } else {
        keep(key, node, name);
      }
      key.pop_back();
    }
  }

  void keep(const std::vector<std::string>& key, const toml::node& node, const std::string& name) {
    auto line = node.source().begin.line;
    auto place = name + ":" + std::to_string(line);
    values_[key] = Value{key, toJson(node, place).dump(), name, uint32_t(line)};
  }

  std::map<std::vector<std::string>, Value> values_;
  std::vector<std::string> files_;
};

}  // namespace

std::string Value::dottedKey() const {
  std::string text;
  for (auto& part : key) {
    if (!text.empty()) text += '.';
    text += part;
  }
  return text;
}

Source readToml(const std::string& path) {
  Reader reader;
  reader.read(path, 0);
  return reader.take();
}

Source parseToml(std::string_view text, const std::string& name) {
  Reader reader;
  reader.parse(text, name, 0);
  return reader.take();
}

}  // namespace stave::config
