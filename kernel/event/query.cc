#include "kernel/event/query.h"

#include <stave/error.h>

#include <algorithm>

namespace stave {

namespace {

constexpr size_t maximumRequirements = 64;
constexpr size_t maximumValues = 1024;

using Op = schema::Requirement::Op;

bool isExistence(Op op) {
  return op == Op::EXISTS || op == Op::NOT_EXISTS;
}

}  // namespace

Query::Condition::Condition(schema::Requirement::Reader requirement, const std::string& where)
    : key(view(requirement.getKey())), op(requirement.getOp()) {
  for (auto value : requirement.getValues()) values.emplace_back(view(value));
  if (key.empty()) fail(ErrorCode::INVALID, where + ".key: must not be empty");
  if (op > Op::NOT_EXISTS) fail(ErrorCode::INVALID, where + ".op: is unknown");
  if ((op == Op::EQUALS || op == Op::NOT_EQUALS) && values.size() != 1) {
    fail(ErrorCode::INVALID, where + ".values: equals and notEquals take one value");
  }
  if (isExistence(op) && !values.empty()) {
    fail(ErrorCode::INVALID, where + ".values: exists and notExists take none");
  }
  if (values.size() > maximumValues) fail(ErrorCode::INVALID, where + ".values: more than 1024");
}

bool Query::Condition::holds(const std::vector<std::string>& present, bool exists) const {
  auto listed = [this](const std::string& value) {
    return std::find(values.begin(), values.end(), value) != values.end();
  };
  switch (op) {
    case Op::EQUALS:
    case Op::IS_IN:
      return std::any_of(present.begin(), present.end(), listed);
    case Op::NOT_EQUALS:
    case Op::NOT_IN:
      return std::none_of(present.begin(), present.end(), listed);
    case Op::EXISTS:
      return exists;
    case Op::NOT_EXISTS:
      return !exists;
  }
  return false;
}

Query::Query(const Kinds& kinds, schema::Query::Reader query)
    : space_(view(query.getNamespace())), name_(view(query.getName())) {
  const Kind& kind = kinds.find(view(query.getKind()));
  kind_ = kind.name;
  if (!kind.namespaced) space_.clear();
  if (query.getLabels().size() + query.getFields().size() > maximumRequirements) {
    fail(ErrorCode::INVALID, "query: more than 64 requirements");
  }
  for (auto requirement : query.getLabels()) {
    labels_.emplace_back(requirement, "labels[" + std::to_string(labels_.size()) + "]");
  }
  for (auto requirement : query.getFields()) {
    Condition condition(requirement, "fields[" + std::to_string(fields_.size()) + "]");
    FieldPath path(kind, condition.key);
    fields_.push_back({std::move(condition), std::move(path)});
  }
}

bool Query::matches(const ObjectVersion& version) const {
  const ObjectKey& key = version.key();
  return key.kind == kind_ && (space_.empty() || key.space == space_) &&
         (name_.empty() || key.name == name_) &&
         std::all_of(labels_.begin(), labels_.end(),
                     [&](auto& condition) { return labelHolds(condition, version); }) &&
         std::all_of(fields_.begin(), fields_.end(),
                     [&](auto& field) { return fieldHolds(field, version); });
}

bool Query::labelHolds(const Condition& condition, const ObjectVersion& version) const {
  for (auto label : version.metadata().getLabels()) {
    if (view(label.getKey()) != condition.key) continue;
    return condition.holds({std::string(view(label.getValue()))}, true);
  }
  return condition.holds({}, false);
}

bool Query::fieldHolds(const FieldCondition& field, const ObjectVersion& version) const {
  auto object = version.object();
  if (isExistence(field.condition.op)) {
    return field.condition.holds({}, field.path.exists(object));
  }
  return field.condition.holds(field.path.read(object), true);
}

}  // namespace stave
