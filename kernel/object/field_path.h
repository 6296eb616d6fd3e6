#pragma once

#include <capnp/dynamic.h>

#include <string>
#include <string_view>
#include <vector>

#include "kernel/object/kinds.h"

namespace stave {

/// A dotted path into the objects of one kind: "spec.node", "status.phase", "metadata.name". It may
/// pass through lists, and then has the values of all their elements.
class FieldPath {
 public:
  /// Fails [invalid] with the nearest name if the kind has no such field.
  FieldPath(const Kind& kind, std::string_view path);

  /// The values as text: names of enums, decimal numbers, true and false. What is not set has its
  /// default, a text for instance is empty; of an empty list and of a union's other members there
  /// is nothing.
  std::vector<std::string> read(schema::Object::Reader object) const;

  /// Whether any of the values differs from the field's default.
  bool exists(schema::Object::Reader object) const;

 private:
  enum class Root { metadata, spec, status };

  void resolve(capnp::StructSchema root, std::string_view path, std::string_view whole);

  Root root_;
  capnp::StructSchema schema_;
  std::vector<capnp::StructSchema::Field> fields_;
};

}  // namespace stave
