#include "kernel/object/validate_rules.h"

#include <stave/error.h>

#include "kernel/object/object_key.h"

namespace stave {

namespace {

// The ids of the annotations in common.capnp.
constexpr uint64_t requiredId = 0x9e6f20b4c1d75a12;
constexpr uint64_t minimumId = 0xd40b8a37e95f1c13;
constexpr uint64_t maximumId = 0x8f51c2d6073ae914;
constexpr uint64_t patternId = 0xa86d3e92b07f4c15;
constexpr uint64_t immutableId = 0xf13c76a5d82b9e16;
constexpr uint64_t uniqueById = 0xbb29f04e6a81d317;

std::unique_ptr<re2::RE2> compile(std::string_view pattern, const std::string& field) {
  auto expression = std::make_unique<re2::RE2>(std::string(pattern), re2::RE2::Quiet);
  if (!expression->ok()) {
    fail(ErrorCode::INVALID, "the schema's pattern for the field " + field +
                                 " is not a regular expression: " + expression->error());
  }
  return expression;
}

}  // namespace

Validator::FieldRules::FieldRules(capnp::StructSchema::Field field)
    : field(field), name(view(field.getProto().getName())) {
  for (auto annotation : field.getProto().getAnnotations()) {
    auto value = annotation.getValue();
    switch (annotation.getId()) {
      case requiredId:
        required = true;
        break;
      case immutableId:
        immutable = true;
        break;
      case minimumId:
        minimum = value.getInt64();
        break;
      case maximumId:
        maximum = value.getInt64();
        break;
      case patternId:
        pattern = compile(view(value.getText()), name);
        break;
      case uniqueById:
        uniqueBy = std::string(view(value.getText()));
        break;
      default:
        break;
    }
  }
}

Validator::Rules::Rules(capnp::StructSchema schema) {
  for (auto field : schema.getNonUnionFields()) always.emplace_back(field);
  for (auto field : schema.getUnionFields()) members.emplace_back(field);
}

}  // namespace stave
