#include "kernel/object/validate.h"

#include <stave/error.h>

#include <set>

#include "kernel/object/object_key.h"
#include "kernel/object/validate_rules.h"

namespace stave {

namespace {

constexpr unsigned maximumDepth = 32;

using MaybeStruct = kj::Maybe<capnp::DynamicStruct::Reader>;

unsigned continuationBytes(unsigned char lead) {
  if (lead < 0x80) return 0;
  if (lead >= 0xc2 && lead <= 0xdf) return 1;
  if (lead >= 0xe0 && lead <= 0xef) return 2;
  if (lead >= 0xf0 && lead <= 0xf4) return 3;
  return 4;
}

/// Whether the second byte rules out overlong forms, surrogates and what lies above U+10FFFF.
bool secondByteFits(unsigned char lead, unsigned char second) {
  if (lead == 0xe0) return second >= 0xa0;
  if (lead == 0xed) return second <= 0x9f;
  if (lead == 0xf0) return second >= 0x90;
  if (lead == 0xf4) return second <= 0x8f;
  return true;
}

}  // namespace

bool isValidUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    auto lead = static_cast<unsigned char>(text[i]);
    unsigned more = continuationBytes(lead);
    if (more > 3 || text.size() - i <= more) return false;
    for (unsigned k = 1; k <= more; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
    }
    if (more > 0 && !secondByteFits(lead, static_cast<unsigned char>(text[i + 1]))) return false;
    i += more + 1;
  }
  return true;
}

/// One pass over one value. Keeps the path of where it is for messages.
class Validator::Walk {
 public:
  Walk(Validator& validator, std::string_view subject, std::string_view path)
      : validator_(validator), subject_(subject), path_(path) {}

  void checkStruct(capnp::DynamicStruct::Reader value, MaybeStruct before, unsigned depth) {
    if (depth > maximumDepth) complain("is nested too deeply");
    const Rules& rules = validator_.rulesOf(value.getSchema());
    for (auto& field : rules.always) checkField(field, value, before, depth);
    if (rules.members.empty()) return;
    KJ_IF_MAYBE (active, value.which()) {
      for (auto& field : rules.members) {
        if (field.field == *active) checkField(field, value, before, depth);
      }
    } else {
      complain("has a variant that is not known here");
    }
  }

 private:
  [[noreturn]] void complain(const std::string& what) {
    fail(ErrorCode::INVALID, std::string(subject_) + ": " + path_ + ": " + what);
  }

  void checkField(const FieldRules& rules, capnp::DynamicStruct::Reader parent, MaybeStruct before,
                  unsigned depth) {
    size_t length = path_.size();
    path_ += "." + rules.name;
    capnp::Type type = rules.field.getType();
    bool pointer = rules.field.getProto().isSlot() && isPointer(type);
    if (rules.required && pointer && !parent.has(rules.field, capnp::HasMode::NON_NULL)) {
      complain(type.isText() || type.isList() ? "must not be empty" : "must be given");
    }
    if (rules.immutable) checkUnchanged(rules, parent, before);
    if (!pointer || parent.has(rules.field, capnp::HasMode::NON_NULL)) {
      checkValue(rules, parent.get(rules.field), inner(rules, before), depth);
    } else if (rules.minimum.value_or(0) > 0 && !rules.required && !type.isStruct()) {
      checkLength(rules, 0, type.isText() ? "bytes" : "elements");
    }
    path_.resize(length);
  }

  static bool isPointer(capnp::Type type) {
    return type.isText() || type.isData() || type.isList() || type.isStruct() ||
           type.isAnyPointer() || type.isInterface();
  }

  /// The struct or group in `before` that stands where `rules` is.
  static MaybeStruct inner(const FieldRules& rules, MaybeStruct before) {
    KJ_IF_MAYBE (old, before) {
      if (!rules.field.getType().isStruct() || !isActive(rules, *old)) return nullptr;
      return old->get(rules.field).as<capnp::DynamicStruct>();
    }
    return nullptr;
  }

  static bool isActive(const FieldRules& rules, capnp::DynamicStruct::Reader value) {
    if (rules.field.getProto().getDiscriminantValue() == capnp::schema::Field::NO_DISCRIMINANT) {
      return true;
    }
    KJ_IF_MAYBE (active, value.which()) return *active == rules.field;
    return false;
  }

  void checkUnchanged(const FieldRules& rules, capnp::DynamicStruct::Reader parent,
                      MaybeStruct before) {
    KJ_IF_MAYBE (old, before) {
      if (isActive(rules, *old) &&
          kj::str(old->get(rules.field)) == kj::str(parent.get(rules.field))) {
        return;
      }
      complain("cannot be changed once the object exists; delete the object and make it anew");
    }
  }

  void checkValue(const FieldRules& rules, capnp::DynamicValue::Reader value, MaybeStruct before,
                  unsigned depth) {
    switch (value.getType()) {
      case capnp::DynamicValue::STRUCT:
        return checkStruct(value.as<capnp::DynamicStruct>(), before, depth + 1);
      case capnp::DynamicValue::LIST:
        return checkList(rules, value.as<capnp::DynamicList>(), depth);
      case capnp::DynamicValue::TEXT:
        return checkText(rules, view(value.as<capnp::Text>()));
      case capnp::DynamicValue::DATA:
        return checkLength(rules, value.as<capnp::Data>().size(), "bytes");
      case capnp::DynamicValue::ENUM:
        return checkEnum(value.as<capnp::DynamicEnum>());
      case capnp::DynamicValue::INT:
        return checkInteger(rules, value.as<int64_t>());
      case capnp::DynamicValue::UINT:
        return checkUnsigned(rules, value.as<uint64_t>());
      case capnp::DynamicValue::CAPABILITY:
        complain("a capability cannot be stored in an object");
      case capnp::DynamicValue::ANY_POINTER:
        complain("a value without a type cannot be stored");
      default:
        return;
    }
  }

  void checkText(const FieldRules& rules, std::string_view text) {
    if (rules.required && text.empty()) complain("must not be empty");
    if (!isValidUtf8(text)) complain("is not valid UTF-8");
    checkLength(rules, text.size(), "bytes");
    checkPattern(rules, text);
  }

  void checkPattern(const FieldRules& rules, std::string_view text) {
    if (rules.pattern == nullptr || text.empty()) return;
    if (re2::RE2::FullMatch({text.data(), text.size()}, *rules.pattern)) return;
    complain("\"" + std::string(text.substr(0, 200)) + "\" does not match " +
             rules.pattern->pattern());
  }

  void checkLength(const FieldRules& rules, uint64_t length, const char* unit) {
    if (rules.minimum && int64_t(length) < *rules.minimum) {
      complain("must have at least " + std::to_string(*rules.minimum) + " " + unit);
    }
    if (rules.maximum && int64_t(length) > *rules.maximum) {
      complain("must have at most " + std::to_string(*rules.maximum) + " " + unit + ", not " +
               std::to_string(length));
    }
  }

  void checkEnum(capnp::DynamicEnum value) {
    if (value.getEnumerant() == nullptr) {
      complain("has the unknown value " + std::to_string(value.getRaw()));
    }
  }

  void checkInteger(const FieldRules& rules, int64_t value) {
    if (rules.minimum && value < *rules.minimum) tooSmall(rules, std::to_string(value));
    if (rules.maximum && value > *rules.maximum) tooLarge(rules, std::to_string(value));
  }

  void checkUnsigned(const FieldRules& rules, uint64_t value) {
    if (rules.minimum && *rules.minimum > 0 && value < uint64_t(*rules.minimum)) {
      tooSmall(rules, std::to_string(value));
    }
    if (rules.maximum && (*rules.maximum < 0 || value > uint64_t(*rules.maximum))) {
      tooLarge(rules, std::to_string(value));
    }
  }

  [[noreturn]] void tooSmall(const FieldRules& rules, const std::string& value) {
    complain("must be at least " + std::to_string(*rules.minimum) + ", not " + value);
  }
  [[noreturn]] void tooLarge(const FieldRules& rules, const std::string& value) {
    complain("must be at most " + std::to_string(*rules.maximum) + ", not " + value);
  }

  void checkList(const FieldRules& rules, capnp::DynamicList::Reader list, unsigned depth) {
    if (rules.required && list.size() == 0) complain("must not be empty");
    if (depth > maximumDepth) complain("is nested too deeply");
    checkLength(rules, list.size(), "elements");
    for (unsigned i = 0; i < list.size(); ++i) {
      size_t length = path_.size();
      path_ += "[" + std::to_string(i) + "]";
      checkElement(rules, list[i], depth);
      path_.resize(length);
    }
    if (!rules.uniqueBy.empty()) checkUnique(rules, list);
  }

  void checkElement(const FieldRules& rules, capnp::DynamicValue::Reader value, unsigned depth) {
    switch (value.getType()) {
      case capnp::DynamicValue::STRUCT:
        return checkStruct(value.as<capnp::DynamicStruct>(), nullptr, depth + 1);
      case capnp::DynamicValue::LIST:
        for (auto element : value.as<capnp::DynamicList>()) checkElement(rules, element, depth + 1);
        return;
      case capnp::DynamicValue::TEXT: {
        auto text = view(value.as<capnp::Text>());
        if (!isValidUtf8(text)) complain("is not valid UTF-8");
        return checkPattern(rules, text);
      }
      case capnp::DynamicValue::ENUM:
        return checkEnum(value.as<capnp::DynamicEnum>());
      case capnp::DynamicValue::CAPABILITY:
        complain("a capability cannot be stored in an object");
      case capnp::DynamicValue::ANY_POINTER:
        complain("a value without a type cannot be stored");
      default:
        return;
    }
  }

  void checkUnique(const FieldRules& rules, capnp::DynamicList::Reader list) {
    std::set<std::string> seen;
    for (unsigned i = 0; i < list.size(); ++i) {
      auto element = list[i].as<capnp::DynamicStruct>();
      auto value = element.get(rules.uniqueBy.c_str());
      std::string text = value.getType() == capnp::DynamicValue::TEXT
                             ? std::string(view(value.as<capnp::Text>()))
                             : std::string(kj::str(value).cStr());
      if (seen.insert(text).second) continue;
      complain("[" + std::to_string(i) + "]." + rules.uniqueBy + ": \"" + text +
               "\" is there twice");
    }
  }

  Validator& validator_;
  std::string_view subject_;
  std::string path_;
};

Validator::Validator() = default;
Validator::~Validator() noexcept = default;

void Validator::check(std::string_view subject, std::string_view path,
                      capnp::DynamicStruct::Reader value, MaybeStruct before) {
  Walk(*this, subject, path).checkStruct(value, before, 0);
}

void Validator::forget() {
  rules_.clear();
}

const Validator::Rules& Validator::rulesOf(capnp::StructSchema schema) {
  auto& rules = rules_[schema.getProto().getId()];
  if (rules == nullptr) rules = std::make_unique<Rules>(schema);
  return *rules;
}

}  // namespace stave
