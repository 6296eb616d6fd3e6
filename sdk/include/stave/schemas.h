#pragma once

#include <capnp/schema.h>

#include <vector>

namespace stave {

/// The given schemas and all that their fields, methods and superclasses refer to, each once.
std::vector<capnp::Schema> schemaClosure(std::vector<capnp::Schema> roots);

/// Every interface and every object kind's struct that libstave was built with.
std::vector<capnp::Schema> builtInSchemas();

}  // namespace stave
