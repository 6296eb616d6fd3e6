#include "settings_bounds.h"

#include <stave/annotations.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "json_path.h"

namespace stave {

namespace {

using Field = capnp::StructSchema::Field;
using json::Path;

std::optional<int64_t> bound(Field field, uint64_t annotation) {
  KJ_IF_MAYBE (value, annotations::find(field, annotation)) {
    return value->getInt64();
  }
  return {};
}

const char* unitOf(Field field) {
  if (annotations::has(field, annotations::milliseconds)) return " ms";
  return annotations::has(field, annotations::bytes) ? " bytes" : "";
}

template <typename Number>
void checkNumber(Field field, Number number, const char* unit, const Path& path) {
  auto refuse = [&](const char* which, int64_t limit) {
    path.fail(std::string("must be at ") + which + " " + std::to_string(limit) + unit + ", not " +
              std::to_string(number));
  };
  auto minimum = bound(field, annotations::minimum);
  auto maximum = bound(field, annotations::maximum);
  if (minimum && std::cmp_less(number, *minimum)) refuse("least", *minimum);
  if (maximum && std::cmp_greater(number, *maximum)) refuse("most", *maximum);
}

void checkStruct(const nlohmann::json& given, capnp::DynamicStruct::Reader value, const Path& path);

void checkList(Field field, const nlohmann::json& given, capnp::DynamicList::Reader list,
               const Path& path) {
  checkNumber(field, list.size(), " elements", path);
  bool structs = list.getSchema().whichElementType() == capnp::schema::Type::STRUCT;
  if (!structs || !given.is_array()) return;
  for (unsigned i = 0; i < list.size(); i++)
    checkStruct(given[i], list[i].as<capnp::DynamicStruct>(), Path(path, i));
}

void checkField(Field field, const nlohmann::json& given, capnp::DynamicValue::Reader value,
                const Path& path) {
  switch (value.getType()) {
    case capnp::DynamicValue::INT:
      return checkNumber(field, value.as<int64_t>(), unitOf(field), path);
    case capnp::DynamicValue::UINT:
      return checkNumber(field, value.as<uint64_t>(), unitOf(field), path);
    case capnp::DynamicValue::TEXT:
      return checkNumber(field, value.as<capnp::Text>().size(), " bytes", path);
    case capnp::DynamicValue::LIST:
      return checkList(field, given, value.as<capnp::DynamicList>(), path);
    case capnp::DynamicValue::STRUCT:
      return checkStruct(given, value.as<capnp::DynamicStruct>(), path);
    default:
      return;
  }
}

void checkStruct(const nlohmann::json& given, capnp::DynamicStruct::Reader value,
                 const Path& path) {
  for (auto& [name, content] : given.items()) {
    if (content.is_null()) continue;
    auto field = value.getSchema().getFieldByName(name);
    checkField(field, content, value.get(field), Path(path, name));
  }
}

}  // namespace

void checkBounds(const nlohmann::json& given, capnp::DynamicStruct::Reader value) {
  checkStruct(given, value, Path(""));
}

}  // namespace stave
