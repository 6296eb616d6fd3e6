#pragma once

#include <re2/re2.h>

#include <optional>

#include "kernel/object/validate.h"

namespace stave {

/// What the annotations of one field say.
struct Validator::FieldRules {
  explicit FieldRules(capnp::StructSchema::Field field);

  capnp::StructSchema::Field field;
  std::string name;
  bool required = false;
  bool immutable = false;
  std::optional<int64_t> minimum;
  std::optional<int64_t> maximum;
  std::unique_ptr<re2::RE2> pattern;
  std::string uniqueBy;
};

/// Those of one struct: of its ordinary fields, and of the members of its unnamed union by number.
struct Validator::Rules {
  explicit Rules(capnp::StructSchema schema);

  std::vector<FieldRules> always;
  std::vector<FieldRules> members;
};

}  // namespace stave
