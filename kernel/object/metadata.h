#pragma once

#include <stave/schema/object.capnp.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/object/kinds.h"

namespace stave {

/// Labels or annotations, sorted by key.
using KeyValues = std::vector<std::pair<std::string_view, std::string_view>>;

/// The key of an object as somebody wrote it: the kind by any of its names, the namespace perhaps
/// left out. Fails [invalid] if the kind is unknown or a name cannot be one.
ObjectKey resolveKey(const Kinds& kinds, std::string_view kind, std::string_view space,
                     std::string_view name);

/// Checks the name of an object that is to be made against what its kind allows. One that exists
/// already keeps its name.
void checkNewName(const Kinds& kinds, const ObjectKey& key);

/// Checks and sorts labels or annotations; `path` is "metadata.labels" or "metadata.annotations".
KeyValues checkedKeyValues(const ObjectKey& key, std::string_view path, size_t maximumValue,
                           capnp::List<schema::KeyValue>::Reader list);

std::vector<std::string> checkedFinalizers(const ObjectKey& key,
                                           capnp::List<capnp::Text>::Reader list);
void checkFinalizer(const ObjectKey& key, std::string_view finalizer);

/// Who asks and why, as the request has it.
void checkCause(schema::Cause::Reader cause);

}  // namespace stave
