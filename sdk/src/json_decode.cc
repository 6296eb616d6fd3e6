#include <kj/encoding.h>
#include <stave/annotations.h>
#include <stave/error.h>
#include <stave/json.h>
#include <stave/schema/common.capnp.h>

#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>

#include "json_path.h"

namespace stave::json {

namespace {

using nlohmann::json;
using Type = capnp::schema::Type;

constexpr unsigned deepest = 64;  // of nested values; schemas may be recursive

std::string toString(capnp::Text::Reader text) {
  return std::string(text.begin(), text.size());
}

/// A place for one value: a field of a struct or an element of a list.
class Slot {
 public:
  Slot(capnp::DynamicStruct::Builder owner, capnp::StructSchema::Field field)
      : type(field.getType()),
        bytes(annotations::has(field, annotations::bytes)),
        milliseconds(annotations::has(field, annotations::milliseconds)),
        owner_(owner),
        field_(field) {}
  Slot(capnp::DynamicList::Builder list, unsigned index)
      : type(list.getSchema().getElementType()), list_(list), index_(index), isElement_(true) {}

  void set(capnp::DynamicValue::Reader value) {
    isElement_ ? list_.set(index_, value) : owner_.set(field_, value);
  }
  capnp::DynamicStruct::Builder structure() {
    return isElement_ ? list_[index_].as<capnp::DynamicStruct>()
                      : owner_.init(field_).as<capnp::DynamicStruct>();
  }
  capnp::DynamicList::Builder list(unsigned size) {
    return isElement_ ? list_.init(index_, size).as<capnp::DynamicList>()
                      : owner_.init(field_, size).as<capnp::DynamicList>();
  }
  bool isElement() const { return isElement_; }
  capnp::DynamicStruct::Builder owner() { return owner_; }
  capnp::StructSchema::Field field() { return field_; }

  capnp::Type type;
  bool bytes = false;
  bool milliseconds = false;

 private:
  capnp::DynamicStruct::Builder owner_;
  capnp::StructSchema::Field field_;
  capnp::DynamicList::Builder list_;
  unsigned index_ = 0;
  bool isElement_ = false;
};

class Decoder {
 public:
  explicit Decoder(const Options& options) : options_(options) {}

  void structure(const json& value, capnp::DynamicStruct::Builder target, const Path& path);
  void slot(const json& value, Slot slot, const Path& path);

 private:
  void number(const json& value, Slot& slot, const Path& path);
  void list(const json& value, Slot& slot, const Path& path);
  void pointer(const json& value, Slot& slot, const Path& path);
  void capability(const json& value, Slot& slot, const Path& path);

  const Options& options_;
};

[[noreturn]] void expected(std::string_view what, const json& value, const Path& path) {
  path.fail("expected " + std::string(what) + ", got " + describe(value));
}

std::string suggestion(std::string_view word, const std::vector<std::string>& names) {
  auto nearest = nearestName(word, names);
  if (!nearest.empty()) return "; did you mean \"" + nearest + "\"?";
  if (names.empty()) return {};
  std::string all = "; known are ";
  for (auto& name : names) all += (&name == &names.front() ? "" : ", ") + name;
  return all;
}

capnp::StructSchema::Field findField(capnp::StructSchema schema, const std::string& name,
                                     const Path& path) {
  KJ_IF_MAYBE (field, schema.findFieldByName(name)) {
    return *field;
  }
  std::vector<std::string> names;
  for (auto field : schema.getFields()) names.push_back(toString(field.getProto().getName()));
  path.fail("there is no field \"" + name + "\"" + suggestion(name, names));
}

bool isInUnion(capnp::StructSchema::Field field) {
  return field.getProto().getDiscriminantValue() != capnp::schema::Field::NO_DISCRIMINANT;
}

// An AnyPointer is decoded last: what it holds depends on the other fields.
void Decoder::structure(const json& value, capnp::DynamicStruct::Builder target, const Path& path) {
  if (!value.is_object()) expected("an object", value, path);
  if (path.depth > deepest) path.fail("nested too deeply");
  std::string member;
  std::vector<std::pair<capnp::StructSchema::Field, const json*>> late;
  for (auto& [name, content] : value.items()) {
    auto field = findField(target.getSchema(), name, path);
    bool isVoid = field.getType().isVoid();
    if (content.is_null() && !(isVoid && isInUnion(field))) continue;
    if (isInUnion(field)) {
      if (!member.empty())
        path.fail("only one of \"" + member + "\" and \"" + name + "\" can be given");
      member = name;
    }
    if (field.getType().isAnyPointer()) {
      late.emplace_back(field, &content);
    } else {
      slot(content, Slot(target, field), Path(path, name));
    }
  }
  for (auto& [field, content] : late) {
    slot(*content, Slot(target, field), Path(path, toString(field.getProto().getName())));
  }
}

capnp::EnumSchema::Enumerant findEnumerant(const json& value, capnp::EnumSchema schema,
                                           const Path& path) {
  if (!value.is_string()) expected("one of the names of an enum", value, path);
  auto& name = value.get_ref<const std::string&>();
  KJ_IF_MAYBE (enumerant, schema.findEnumerantByName(name)) {
    return *enumerant;
  }
  std::vector<std::string> names;
  for (auto enumerant : schema.getEnumerants())
    names.push_back(toString(enumerant.getProto().getName()));
  path.fail("\"" + name + "\" is not one of its values" + suggestion(name, names));
}

void setText(const json& value, Slot& slot, const Path& path) {
  if (!value.is_string()) expected("text", value, path);
  auto& text = value.get_ref<const std::string&>();
  if (text.find('\0') != std::string::npos) path.fail("text cannot hold a zero byte");
  slot.set(capnp::Text::Reader(text.c_str(), text.size()));
}

void setData(const json& value, Slot& slot, const Path& path) {
  if (!value.is_string()) expected("data as base64 text", value, path);
  auto& text = value.get_ref<const std::string&>();
  auto data = kj::decodeBase64(kj::arrayPtr(text.data(), text.size()));
  if (data.hadErrors) path.fail("not valid base64");
  slot.set(capnp::Data::Reader(data.asPtr()));
}

void setVoid(const json& value, Slot& slot, const Path& path) {
  bool chosen = value.is_null() || (value.is_boolean() && value.get<bool>());
  if (!chosen) expected("true or null", value, path);
  slot.set(capnp::VOID);
}

struct Range {
  int64_t lowest;
  uint64_t highest;
};

template <typename T>
constexpr Range rangeOf() {
  return {std::numeric_limits<T>::min(), std::numeric_limits<T>::max()};
}

/// Of an integer type; nothing for others.
kj::Maybe<Range> integerRange(Type::Which type) {
  switch (type) {
    case Type::INT8:
      return rangeOf<int8_t>();
    case Type::INT16:
      return rangeOf<int16_t>();
    case Type::INT32:
      return rangeOf<int32_t>();
    case Type::INT64:
      return rangeOf<int64_t>();
    case Type::UINT8:
      return rangeOf<uint8_t>();
    case Type::UINT16:
      return rangeOf<uint16_t>();
    case Type::UINT32:
      return rangeOf<uint32_t>();
    case Type::UINT64:
      return rangeOf<uint64_t>();
    default:
      return nullptr;
  }
}

template <typename T>
kj::Maybe<T> parseInteger(std::string_view text) {
  T number{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return nullptr;
  return number;
}

/// A text where a number is due: a long number, or a quantity with its unit.
json numberFromText(const json& value, const Slot& slot, const Path& path) {
  auto& text = value.get_ref<const std::string&>();
  auto type = slot.type.which();
  if (type == Type::UINT64 || type == Type::INT64) {
    KJ_IF_MAYBE (number, parseInteger<uint64_t>(text)) {
      return *number;
    }
    KJ_IF_MAYBE (number, parseInteger<int64_t>(text)) {
      return *number;
    }
  }
  if (slot.bytes) {
    KJ_IF_MAYBE (number, parseBytes(text)) {
      return *number;
    }
    path.fail("\"" + text + "\" is not a number of bytes such as 1024, \"128m\" or \"2GiB\"");
  }
  if (slot.milliseconds) {
    KJ_IF_MAYBE (number, parseMilliseconds(text)) {
      return *number;
    }
    path.fail("\"" + text + "\" is not a time span such as \"10s\", \"1m30s\" or \"250ms\"");
  }
  expected("a number", value, path);
}

void setInteger(const json& value, Slot& slot, Range range, const Path& path) {
  bool whole = value.is_number_integer();
  if (!whole && value.is_number_float()) path.fail("expected a whole number, got " + value.dump());
  if (!whole) expected("a number", value, path);
  bool fits = value.is_number_unsigned() ? value.get<uint64_t>() <= range.highest
                                         : value.get<int64_t>() >= range.lowest;
  if (!fits) {
    path.fail(value.dump() + " is out of range; it must be from " + std::to_string(range.lowest) +
              " to " + std::to_string(range.highest));
  }
  if (value.is_number_unsigned()) {
    slot.set(value.get<uint64_t>());
  } else {
    slot.set(value.get<int64_t>());
  }
}

void setFloat(const json& value, Slot& slot, const Path& path) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (value.is_number()) return slot.set(value.get<double>());
  if (value == "NaN") return slot.set(std::numeric_limits<double>::quiet_NaN());
  if (value == "Infinity") return slot.set(infinity);
  if (value == "-Infinity") return slot.set(-infinity);
  expected("a number", value, path);
}

void Decoder::number(const json& value, Slot& slot, const Path& path) {
  KJ_IF_MAYBE (range, integerRange(slot.type.which())) {
    auto given = value.is_string() ? numberFromText(value, slot, path) : value;
    setInteger(given, slot, *range, path);
  } else {
    setFloat(value, slot, path);
  }
}

bool isKeyValues(capnp::ListSchema schema) {
  return schema.whichElementType() == Type::STRUCT &&
         schema.getStructElementType().getProto().getId() == capnp::typeId<schema::KeyValue>();
}

void keyValues(const json& value, capnp::DynamicList::Builder target, const Path& path) {
  unsigned index = 0;
  for (auto& [key, content] : value.items()) {
    if (!content.is_string()) expected("text (in quotes)", content, Path(path, key));
    auto pair = target[index++].as<capnp::DynamicStruct>().as<schema::KeyValue>();
    pair.setKey(key);
    pair.setValue(content.get_ref<const std::string&>());
  }
}

void Decoder::list(const json& value, Slot& slot, const Path& path) {
  bool pairs = isKeyValues(slot.type.asList());
  if (pairs && value.is_object()) return keyValues(value, slot.list(value.size()), path);
  if (!value.is_array()) expected(pairs ? "an object or a list" : "a list", value, path);
  if (path.depth > deepest) path.fail("nested too deeply");
  auto target = slot.list(value.size());
  for (unsigned i = 0; i < value.size(); ++i) this->slot(value[i], Slot(target, i), Path(path, i));
}

void Decoder::capability(const json& value, Slot& slot, const Path& path) {
  if (options_.decodeCapability == nullptr) path.fail("a capability cannot be given here");
  slot.set((*options_.decodeCapability)(value, slot.type.asInterface()));
}

void Decoder::pointer(const json& value, Slot& slot, const Path& path) {
  if (slot.isElement()) path.fail("a list of values of any type cannot be given as JSON");
  auto target = slot.owner().get(slot.field()).as<capnp::AnyPointer>();
  if (slot.type.whichAnyPointerKind() == Type::AnyPointer::Unconstrained::CAPABILITY) {
    if (options_.decodeCapability == nullptr) path.fail("a capability cannot be given here");
    auto client = (*options_.decodeCapability)(value, capnp::InterfaceSchema());
    target.setAs<capnp::Capability>(kj::mv(client));
    return;
  }
  if (options_.anyPointer != nullptr) {
    KJ_IF_MAYBE (schema, (*options_.anyPointer)(slot.owner().asReader(), slot.field())) {
      return structure(value, target.initAs<capnp::DynamicStruct>(*schema), path);
    }
  }
  path.fail("the type of this value is not known; is the kind given and right?");
}

void Decoder::slot(const json& value, Slot slot, const Path& path) {
  switch (slot.type.which()) {
    case Type::VOID:
      return setVoid(value, slot, path);
    case Type::BOOL:
      if (!value.is_boolean()) expected("true or false", value, path);
      return slot.set(value.get<bool>());
    case Type::TEXT:
      return setText(value, slot, path);
    case Type::DATA:
      return setData(value, slot, path);
    case Type::LIST:
      return list(value, slot, path);
    case Type::ENUM:
      return slot.set(capnp::DynamicEnum(findEnumerant(value, slot.type.asEnum(), path)));
    case Type::STRUCT:
      return structure(value, slot.structure(), path);
    case Type::INTERFACE:
      return capability(value, slot, path);
    case Type::ANY_POINTER:
      return pointer(value, slot, path);
    default:
      return number(value, slot, path);
  }
}

}  // namespace

void decode(const json& value, capnp::DynamicStruct::Builder target, std::string_view path,
            const Options& options) {
  Decoder(options).structure(value, target, Path(path));
}

void decodeField(const json& value, capnp::DynamicStruct::Builder target,
                 capnp::StructSchema::Field field, std::string_view path, const Options& options) {
  if (value.is_null() && !field.getType().isVoid()) return target.clear(field);
  Decoder(options).slot(value, Slot(target, field), Path(path));
}

}  // namespace stave::json
