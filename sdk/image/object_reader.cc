#include "object_reader.h"

#include <stave/error.h>
#include <stave/image/manifest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace stave::image {

using Json = nlohmann::json;

namespace {

constexpr int maxDepth = 64;

}  // namespace

Json parseDocument(std::string_view bytes, std::string_view what) {
  std::string place(what);
  if (bytes.size() > maxManifestSize) {
    fail(ErrorCode::INVALID, place + ": " + std::to_string(bytes.size()) +
                                 " bytes are more than the " + std::to_string(maxManifestSize) +
                                 " allowed");
  }
  auto check = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > maxDepth) fail(ErrorCode::INVALID, place + ": nested more than 64 deep");
    return true;
  };
  try {
    return Json::parse(bytes, check);
  } catch (const Json::exception& exception) {
    fail(ErrorCode::INVALID, place + ": not JSON: " + exception.what());
  }
}

ObjectReader::ObjectReader(const Json& value, std::string path, const char* separator)
    : value_(&value), path_(std::move(path)), separator_(separator) {
  if (!value.is_object()) fail(ErrorCode::INVALID, path_ + ": is not an object");
}

std::string ObjectReader::join(std::string_view member) const {
  return path_ + separator_ + std::string(member);
}

void ObjectReader::refuse(std::string_view member, std::string_view why) const {
  fail(ErrorCode::INVALID, join(member) + ": " + std::string(why));
}

const Json* ObjectReader::find(const char* member) const {
  auto found = value_->find(member);
  return found == value_->end() || found->is_null() ? nullptr : &*found;
}

const Json& ObjectReader::require(const char* member) const {
  const Json* found = find(member);
  if (found == nullptr) refuse(member, "is missing");
  return *found;
}

std::string ObjectReader::text(const char* member) const {
  const Json& value = require(member);
  if (!value.is_string()) refuse(member, "is not a text");
  return value.get<std::string>();
}

std::string ObjectReader::textOr(const char* member, std::string_view otherwise) const {
  return has(member) ? text(member) : std::string(otherwise);
}

int64_t ObjectReader::number(const char* member) const {
  const Json& value = require(member);
  if (!value.is_number_integer()) refuse(member, "is not a whole number");
  if (value.is_number_unsigned() &&
      value.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    refuse(member, "is too large");
  }
  return value.get<int64_t>();
}

int64_t ObjectReader::numberOr(const char* member, int64_t otherwise) const {
  return has(member) ? number(member) : otherwise;
}

bool ObjectReader::flagOr(const char* member, bool otherwise) const {
  const Json* value = find(member);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) refuse(member, "is neither true nor false");
  return value->get<bool>();
}

std::vector<std::string> ObjectReader::texts(const char* member) const {
  std::vector<std::string> result;
  const Json* value = find(member);
  if (value == nullptr) return result;
  if (!value->is_array()) refuse(member, "is not a list");
  for (const Json& element : *value) {
    if (!element.is_string()) refuse(member, "has an element that is not a text");
    result.push_back(element.get<std::string>());
  }
  return result;
}

std::map<std::string, std::string> ObjectReader::textMap(const char* member) const {
  std::map<std::string, std::string> result;
  const Json* value = find(member);
  if (value == nullptr) return result;
  if (!value->is_object()) refuse(member, "is not an object");
  for (auto& [key, element] : value->items()) {
    if (!element.is_string()) refuse(member, "\"" + key + "\" is not a text");
    result.emplace(key, element.get<std::string>());
  }
  return result;
}

std::vector<std::string> ObjectReader::keys(const char* member) const {
  std::vector<std::string> result;
  const Json* value = find(member);
  if (value == nullptr) return result;
  if (!value->is_object()) refuse(member, "is not an object");
  for (auto& [key, element] : value->items()) result.push_back(key);
  return result;
}

ObjectReader ObjectReader::object(const char* member) const {
  return ObjectReader(require(member), join(member), ".");
}

std::vector<ObjectReader> ObjectReader::objects(const char* member) const {
  const Json& value = require(member);
  if (!value.is_array()) refuse(member, "is not a list");
  std::vector<ObjectReader> result;
  for (const Json& element : value) {
    result.emplace_back(element, join(member) + "[" + std::to_string(result.size()) + "]", ".");
  }
  return result;
}

}  // namespace stave::image
