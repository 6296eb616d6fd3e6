#include "kernel/object/field_path.h"

#include <stave/error.h>
#include <stave/json.h>

#include <functional>

namespace stave {

namespace {

using Fields = std::vector<capnp::StructSchema::Field>;
using Visit = std::function<void(capnp::DynamicStruct::Reader, capnp::StructSchema::Field)>;

void visit(capnp::DynamicValue::Reader value, const Fields& fields, size_t depth,
           const Visit& atEnd) {
  if (value.getType() == capnp::DynamicValue::LIST) {
    for (auto element : value.as<capnp::DynamicList>()) visit(element, fields, depth, atEnd);
    return;
  }
  auto parent = value.as<capnp::DynamicStruct>();
  auto field = fields[depth];
  if (field.getProto().getDiscriminantValue() != capnp::schema::Field::NO_DISCRIMINANT) {
    KJ_IF_MAYBE (active, parent.which()) {
      if (*active != field) return;
    } else {
      return;
    }
  }
  if (depth + 1 == fields.size()) return atEnd(parent, field);
  visit(parent.get(field), fields, depth + 1, atEnd);
}

void appendText(capnp::DynamicValue::Reader value, std::vector<std::string>& out) {
  switch (value.getType()) {
    case capnp::DynamicValue::TEXT:
      out.emplace_back(view(value.as<capnp::Text>()));
      break;
    case capnp::DynamicValue::LIST:
      for (auto element : value.as<capnp::DynamicList>()) appendText(element, out);
      break;
    default:
      out.emplace_back(kj::str(value).cStr());
  }
}

capnp::DynamicStruct::Reader readStruct(capnp::AnyPointer::Reader pointer,
                                        capnp::StructSchema schema) {
  return pointer.getAs<capnp::DynamicStruct>(schema);
}

}  // namespace

FieldPath::FieldPath(const Kind& kind, std::string_view path) {
  size_t dot = path.find('.');
  std::string_view head = path.substr(0, dot);
  std::string_view rest = dot == std::string_view::npos ? "" : path.substr(dot + 1);
  if (head == "metadata") {
    root_ = Root::metadata;
    resolve(capnp::Schema::from<schema::Metadata>(), rest, path);
  } else if (head == "spec") {
    root_ = Root::spec;
    resolve(kind.spec, rest, path);
  } else if (head == "status" && kind.status != nullptr) {
    root_ = Root::status;
    resolve(KJ_ASSERT_NONNULL(kind.status), rest, path);
  } else {
    fail(ErrorCode::INVALID, "field \"" + std::string(path.substr(0, 200)) + "\" of kind " +
                                 kind.name + ": a path begins with metadata, spec" +
                                 (kind.status == nullptr ? "" : " or status"));
  }
}

void FieldPath::resolve(capnp::StructSchema root, std::string_view path, std::string_view whole) {
  schema_ = root;
  std::string where = "field \"" + std::string(whole.substr(0, 200)) + "\": ";
  if (path.empty()) fail(ErrorCode::INVALID, where + "the path ends too early");
  capnp::Type type = root;
  while (!path.empty()) {
    size_t dot = path.find('.');
    std::string name(path.substr(0, dot));
    path = dot == std::string_view::npos ? "" : path.substr(dot + 1);
    while (type.isList()) type = type.asList().getElementType();
    if (!type.isStruct())
      fail(ErrorCode::INVALID, where + "there are no fields above \"" + name + "\"");
    KJ_IF_MAYBE (field, type.asStruct().findFieldByName(name.c_str())) {
      fields_.push_back(*field);
      type = field->getType();
      continue;
    }
    std::vector<std::string> candidates;
    for (auto field : type.asStruct().getFields()) {
      candidates.emplace_back(view(field.getProto().getName()));
    }
    std::string near = nearestName(name, candidates);
    fail(ErrorCode::INVALID, where + "there is no \"" + name + "\"" +
                                 (near.empty() ? "" : "; did you mean \"" + near + "\"?"));
  }
}

namespace {

template <typename Path>
void visitObject(schema::Object::Reader object, Path root, capnp::StructSchema schema,
                 const Fields& fields, const Visit& atEnd) {
  switch (root) {
    case Path::metadata:
      return visit(capnp::DynamicStruct::Reader(object.getMetadata()), fields, 0, atEnd);
    case Path::spec:
      return visit(readStruct(object.getSpec(), schema), fields, 0, atEnd);
    case Path::status:
      return visit(readStruct(object.getStatus(), schema), fields, 0, atEnd);
  }
}

}  // namespace

std::vector<std::string> FieldPath::read(schema::Object::Reader object) const {
  std::vector<std::string> values;
  visitObject(object, root_, schema_, fields_,
              [&](auto parent, auto field) { appendText(parent.get(field), values); });
  return values;
}

bool FieldPath::exists(schema::Object::Reader object) const {
  bool found = false;
  visitObject(object, root_, schema_, fields_, [&](auto parent, auto field) {
    found = found || parent.has(field, capnp::HasMode::NON_DEFAULT);
  });
  return found;
}

}  // namespace stave
