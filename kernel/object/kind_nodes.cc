#include "kernel/object/kind_nodes.h"

namespace stave {

namespace {

void needType(capnp::schema::Type::Reader type, std::vector<uint64_t>& ids) {
  while (type.isList()) type = type.getList().getElementType();
  if (type.isStruct()) ids.push_back(type.getStruct().getTypeId());
  if (type.isEnum()) ids.push_back(type.getEnum().getTypeId());
}

}  // namespace

std::vector<uint64_t> typesNeededBy(capnp::schema::Node::Reader node) {
  std::vector<uint64_t> ids;
  if (!node.isStruct()) return ids;
  for (auto field : node.getStruct().getFields()) {
    if (field.isGroup()) {
      ids.push_back(field.getGroup().getTypeId());
    } else {
      needType(field.getSlot().getType(), ids);
    }
  }
  return ids;
}

void NodeCollector::add(capnp::Schema schema) {
  auto node = schema.getProto();
  if (!schemas_.emplace(node.getId(), schema).second || !node.isStruct()) return;
  for (auto field : schema.asStruct().getFields()) addType(field.getType());
}

void NodeCollector::addType(capnp::Type type) {
  while (type.isList()) type = type.asList().getElementType();
  if (type.isStruct()) add(type.asStruct());
  if (type.isEnum()) add(type.asEnum());
}

void NodeCollector::write(schema::KindDefinition::Builder definition) const {
  auto nodes = definition.initNodes(schemas_.size());
  unsigned index = 0;
  for (auto& [id, schema] : schemas_) nodes.setWithCaveats(index++, schema.getProto());
}

}  // namespace stave
