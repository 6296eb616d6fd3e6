#include <stave/error.h>
#include <stave/json.h>

#include <nlohmann/json.hpp>
#include <set>

#include "json_path.h"

namespace stave::json {

using nlohmann::json;

namespace {

/// Sees each token of a document and refuses an object with the same name in it twice.
class RepeatedNames {
 public:
  bool operator()(json::parse_event_t event, const json& value) {
    if (event == json::parse_event_t::object_start) open_.emplace_back();
    if (event == json::parse_event_t::object_end) open_.pop_back();
    if (event != json::parse_event_t::key) return true;
    auto& name = value.get_ref<const std::string&>();
    if (!open_.back().insert(name).second && repeated.empty()) repeated = name;
    return true;
  }

  std::string repeated;

 private:
  std::vector<std::set<std::string>> open_;
};

/// The library's message without its error number.
std::string plain(std::string_view message) {
  auto end = message.find("] ");
  return std::string(end == std::string_view::npos ? message : message.substr(end + 2));
}

json parse(std::string_view text, const Path& path) {
  RepeatedNames names;
  json value;
  try {
    value = json::parse(text, [&names](int, json::parse_event_t event, json& parsed) {
      return names(event, parsed);
    });
  } catch (const json::exception& error) {
    path.fail("not valid JSON: " + plain(error.what()));
  }
  if (!names.repeated.empty()) path.fail("\"" + names.repeated + "\" stands twice in one object");
  return value;
}

}  // namespace

std::string Path::text() const {
  auto before = parent_ == nullptr ? std::string() : parent_->text();
  if (isIndex_) return before + "[" + std::to_string(index_) + "]";
  if (before.empty() || name_.empty()) return before + std::string(name_);
  return before + "." + std::string(name_);
}

void Path::fail(const std::string& message) const {
  auto where = text();
  stave::fail(ErrorCode::INVALID, where.empty() ? message : where + ": " + message);
}

std::string describe(const json& value) {
  switch (value.type()) {
    case json::value_t::null:
      return "null";
    case json::value_t::object:
      return "an object";
    case json::value_t::array:
      return "a list";
    case json::value_t::string:
      return "text";
    case json::value_t::boolean:
      return value.get<bool>() ? "true" : "false";
    case json::value_t::binary:
    case json::value_t::discarded:
      return "nothing";
    default:
      return "a number";
  }
}

void decodeText(std::string_view text, capnp::DynamicStruct::Builder target, std::string_view path,
                const Options& options) {
  decode(parse(text, Path(path)), target, path, options);
}

}  // namespace stave::json
