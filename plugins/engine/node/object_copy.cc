#include "object_copy.h"

#include "text.h"

namespace stave::node {

ObjectCopy::ObjectCopy(schema::Object::Reader object)
    : object_(capnp::clone(object)),
      name_(text(object.getMetadata().getName())),
      key_(keyOf(text(object.getMetadata().getNamespace()), name_)),
      uid_(text(object.getMetadata().getUid())) {}

bool ObjectCopy::hasFinalizer(std::string_view finalizer) const {
  for (auto each : metadata().getFinalizers()) {
    if (view(each) == finalizer) return true;
  }
  return false;
}

std::string_view ObjectCopy::annotation(std::string_view key) const {
  for (auto each : metadata().getAnnotations()) {
    if (view(each.getKey()) == key) return view(each.getValue());
  }
  return {};
}

std::string keyOf(std::string_view nameSpace, std::string_view name) {
  if (nameSpace.empty()) return std::string(name);
  return std::string(nameSpace) + "/" + std::string(name);
}

}  // namespace stave::node
