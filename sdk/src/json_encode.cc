#include <kj/encoding.h>
#include <stave/annotations.h>
#include <stave/json.h>
#include <stave/schema/common.capnp.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace stave::json {

namespace {

using nlohmann::json;

class Encoder {
 public:
  explicit Encoder(const Options& options) : options_(options) {}

  json any(capnp::DynamicValue::Reader value);

 private:
  json structure(capnp::DynamicStruct::Reader value);
  void field(json& object, capnp::DynamicStruct::Reader owner, capnp::StructSchema::Field field);
  json pointer(capnp::DynamicStruct::Reader owner, capnp::StructSchema::Field field);
  json list(capnp::DynamicList::Reader value);
  json capability(capnp::DynamicCapability::Client client);
  bool isLeftOut(capnp::DynamicStruct::Reader owner, capnp::StructSchema::Field field);

  const Options& options_;
};

std::string toString(capnp::Text::Reader text) {
  return std::string(text.begin(), text.size());
}

json number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

json enumerant(capnp::DynamicEnum value) {
  KJ_IF_MAYBE (known, value.getEnumerant()) {
    return toString(known->getProto().getName());
  }
  return value.getRaw();  // from a newer schema
}

/// An object, or null if a key stands there twice.
json keyValues(capnp::DynamicList::Reader list) {
  json object = json::object();
  for (auto element : list) {
    auto pair = element.as<capnp::DynamicStruct>().as<schema::KeyValue>();
    if (!object.emplace(toString(pair.getKey()), toString(pair.getValue())).second) return nullptr;
  }
  return object;
}

bool isKeyValues(capnp::ListSchema schema) {
  return schema.whichElementType() == capnp::schema::Type::STRUCT &&
         schema.getStructElementType().getProto().getId() == capnp::typeId<schema::KeyValue>();
}

json Encoder::list(capnp::DynamicList::Reader value) {
  if (isKeyValues(value.getSchema())) {
    auto object = keyValues(value);
    if (!object.is_null()) return object;
  }
  json result = json::array();
  for (auto element : value) result.push_back(any(element));
  return result;
}

json Encoder::capability(capnp::DynamicCapability::Client client) {
  if (options_.encodeCapability == nullptr) return nullptr;
  return (*options_.encodeCapability)(kj::mv(client));
}

json Encoder::any(capnp::DynamicValue::Reader value) {
  switch (value.getType()) {
    case capnp::DynamicValue::VOID:
      return true;
    case capnp::DynamicValue::BOOL:
      return value.as<bool>();
    case capnp::DynamicValue::INT:
      return value.as<int64_t>();
    case capnp::DynamicValue::UINT:
      return value.as<uint64_t>();
    case capnp::DynamicValue::FLOAT:
      return number(value.as<double>());
    case capnp::DynamicValue::TEXT:
      return toString(value.as<capnp::Text>());
    case capnp::DynamicValue::DATA: {
      auto text = kj::encodeBase64(value.as<capnp::Data>());
      return std::string(text.begin(), text.size());
    }
    case capnp::DynamicValue::LIST:
      return list(value.as<capnp::DynamicList>());
    case capnp::DynamicValue::ENUM:
      return enumerant(value.as<capnp::DynamicEnum>());
    case capnp::DynamicValue::STRUCT:
      return structure(value.as<capnp::DynamicStruct>());
    case capnp::DynamicValue::CAPABILITY:
      return capability(value.as<capnp::DynamicCapability>());
    case capnp::DynamicValue::ANY_POINTER:
    case capnp::DynamicValue::UNKNOWN:
      return nullptr;
  }
  return nullptr;
}

bool Encoder::isLeftOut(capnp::DynamicStruct::Reader owner, capnp::StructSchema::Field field) {
  bool group = field.getProto().isGroup();
  switch (field.getType().which()) {
    case capnp::schema::Type::STRUCT:
      return !group && !owner.has(field, capnp::HasMode::NON_NULL);
    case capnp::schema::Type::ANY_POINTER:
    case capnp::schema::Type::INTERFACE:
      return !owner.has(field, capnp::HasMode::NON_NULL);
    case capnp::schema::Type::VOID:
      return true;
    default:
      return !options_.defaults && !owner.has(field, capnp::HasMode::NON_DEFAULT);
  }
}

json Encoder::pointer(capnp::DynamicStruct::Reader owner, capnp::StructSchema::Field field) {
  auto value = owner.get(field).as<capnp::AnyPointer>();
  if (value.isCapability()) {
    auto client = value.getAs<capnp::Capability>();
    return capability(client.castAs<capnp::DynamicCapability>(capnp::InterfaceSchema()));
  }
  if (options_.anyPointer == nullptr || !value.isStruct()) return nullptr;
  KJ_IF_MAYBE (schema, (*options_.anyPointer)(owner, field)) {
    return structure(value.getAs<capnp::DynamicStruct>(*schema));
  }
  return nullptr;
}

void Encoder::field(json& object, capnp::DynamicStruct::Reader owner,
                    capnp::StructSchema::Field field) {
  auto name = toString(field.getProto().getName());
  if (!options_.showSecrets && annotations::has(field, annotations::secret)) {
    object[name] = "***";
    return;
  }
  bool untyped = field.getType().which() == capnp::schema::Type::ANY_POINTER;
  json value = untyped ? pointer(owner, field) : any(owner.get(field));
  if (!value.is_null()) object[name] = std::move(value);
}

json Encoder::structure(capnp::DynamicStruct::Reader value) {
  json object = json::object();
  for (auto member : value.getSchema().getNonUnionFields()) {
    if (isLeftOut(value, member)) continue;
    bool group = member.getProto().isGroup();
    field(object, value, member);
    auto name = toString(member.getProto().getName());
    if (group && !options_.defaults && object[name].empty()) object.erase(name);
  }
  KJ_IF_MAYBE (active, value.which()) {
    field(object, value, *active);
  }
  return object;
}

}  // namespace

json encode(capnp::DynamicValue::Reader value, const Options& options) {
  return Encoder(options).any(value);
}

std::string encodeText(capnp::DynamicValue::Reader value, bool pretty, const Options& options) {
  return encode(value, options).dump(pretty ? 2 : -1, ' ', false, json::error_handler_t::replace);
}

}  // namespace stave::json
