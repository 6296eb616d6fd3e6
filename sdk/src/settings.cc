#include "stave/settings.h"

#include <nlohmann/json.hpp>
#include <string>

#include "settings_bounds.h"
#include "stave/error.h"
#include "stave/json.h"

namespace stave {

namespace {

std::string placeOf(schema::Setting::Reader setting) {
  if (setting.getFile().size() == 0) return "";
  return kj::str(setting.getFile(), ":", setting.getLine(), ": ").cStr();
}

std::string keyOf(schema::Setting::Reader setting) {
  std::string path;
  for (auto part : setting.getKey()) {
    if (!path.empty()) path += ".";
    path += part.cStr();
  }
  return path;
}

/// The value wrapped in one JSON object per part of its key: {"a": {"b": value}}.
nlohmann::json nested(schema::Setting::Reader setting) {
  auto value = nlohmann::json::parse(setting.getJson().begin(), setting.getJson().end());
  auto key = setting.getKey();
  for (size_t i = key.size(); i > 0; i--) value = nlohmann::json{{key[i - 1].cStr(), value}};
  return value;
}

void merge(nlohmann::json& target, const nlohmann::json& addition) {
  if (!target.is_object() || !addition.is_object()) {
    target = addition;
    return;
  }
  for (auto& [key, value] : addition.items()) merge(target[key], value);
}

/// Decodes into a scratch struct first, so that an error names the place of the very setting.
void check(schema::Setting::Reader setting, capnp::StructSchema schema) {
  capnp::MallocMessageBuilder scratch;
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() {
                 auto given = nested(setting);
                 auto value = scratch.initRoot<capnp::DynamicStruct>(schema);
                 json::decode(given, value, "");
                 checkBounds(given, value.asReader());
               })) {
    fail(ErrorCode::INVALID, placeOf(setting) + textOf(*exception));
  }
}

}  // namespace

void bindSettings(capnp::List<schema::Setting>::Reader settings,
                  capnp::DynamicStruct::Builder target) {
  auto all = nlohmann::json::object();
  for (auto setting : settings) {
    check(setting, target.getSchema());
    merge(all, nested(setting));
  }
  json::decode(all, target, "");
}

void refuseSettings(capnp::List<schema::Setting>::Reader settings) {
  for (auto setting : settings) {
    fail(ErrorCode::INVALID, placeOf(setting) + keyOf(setting) + ": this plug-in has no settings");
  }
}

}  // namespace stave
