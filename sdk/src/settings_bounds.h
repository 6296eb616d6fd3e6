#pragma once

#include <capnp/dynamic.h>
#include <nlohmann/json_fwd.hpp>

namespace stave {

/// Fails [invalid] "PATH: must be at least ..." where a value lies outside the $minimum and
/// $maximum of its field. `value` was decoded from `given`, and only what was given is looked at: a
/// default may mean something else than its number.
void checkBounds(const nlohmann::json& given, capnp::DynamicStruct::Reader value);

}  // namespace stave
