#pragma once

#include <capnp/schema-loader.h>

#include <map>
#include <string>
#include <vector>

namespace stave::plugin {

/// What a schema says of a method to those who carry calls.
struct MethodTraits {
  std::string name;         ///< "Storage.prepare"
  bool idempotent = false;  ///< may be repeated after the death of a plug-in
  bool unbounded = false;   ///< no deadline
};

/// Every interface that this kernel has seen: its own and those of its plug-ins.
class MethodTable {
 public:
  MethodTable();

  void add(capnp::List<capnp::schema::Node>::Reader nodes);

  /// Of a method that nobody described: a made-up name, not idempotent, bounded.
  MethodTraits traits(uint64_t interfaceId, uint16_t method);

  std::vector<capnp::Schema> all() const;

 private:
  using Key = std::pair<uint64_t, uint16_t>;

  capnp::SchemaLoader loader_;
  std::map<Key, MethodTraits> known_;
};

}  // namespace stave::plugin
