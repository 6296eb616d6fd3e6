#pragma once

#include <string>
#include <vector>

#include "kernel/object/field_path.h"
#include "kernel/object/kinds.h"
#include "kernel/object/object_version.h"

namespace stave {

/// A query, checked once and then asked of many objects.
class Query {
 public:
  /// Fails [invalid] if the kind or a field is unknown or a requirement makes no sense.
  Query(const Kinds& kinds, schema::Query::Reader query);

  bool matches(const ObjectVersion& version) const;

  const std::string& kind() const { return kind_; }
  const std::string& space() const { return space_; }
  const std::string& name() const { return name_; }

 private:
  struct Condition {
    Condition(schema::Requirement::Reader requirement, const std::string& where);
    bool holds(const std::vector<std::string>& present, bool exists) const;

    std::string key;
    schema::Requirement::Op op;
    std::vector<std::string> values;
  };
  struct FieldCondition {
    Condition condition;
    FieldPath path;
  };

  bool labelHolds(const Condition& condition, const ObjectVersion& version) const;
  bool fieldHolds(const FieldCondition& field, const ObjectVersion& version) const;

  std::string kind_;
  std::string space_;
  std::string name_;
  std::vector<Condition> labels_;
  std::vector<FieldCondition> fields_;
};

}  // namespace stave
