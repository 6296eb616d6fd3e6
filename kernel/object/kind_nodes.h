#pragma once

#include <capnp/schema.h>
#include <stave/schema/object.capnp.h>

#include <map>
#include <vector>

namespace stave {

/// Gathers the schema nodes of types and of all that they need, each once.
class NodeCollector {
 public:
  void add(capnp::Schema schema);
  void write(schema::KindDefinition::Builder definition) const;

 private:
  void addType(capnp::Type type);

  std::map<uint64_t, capnp::Schema> schemas_;
};

/// The ids of the structs and enums that the fields of `node` have as types.
std::vector<uint64_t> typesNeededBy(capnp::schema::Node::Reader node);

}  // namespace stave
