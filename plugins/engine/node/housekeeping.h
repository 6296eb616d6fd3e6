#pragma once

#include "engine.h"

namespace stave::node {

/// How much everything occupies.
Task<> fillDiskUsage(Engine& engine, schema::DiskUsage::Builder target);

/// Deletes what nobody uses. Gives what was deleted, as "KIND/NAME".
struct Pruned {
  std::vector<std::string> removed;
  uint64_t bytes = 0;
};
Task<Pruned> prune(Engine& engine, schema::PruneWhat::Reader what);

/// Whether an object's labels fit "key", "key=value", "!key".
bool labelsFit(schema::Metadata::Reader metadata, capnp::List<capnp::Text>::Reader wanted);

}  // namespace stave::node
