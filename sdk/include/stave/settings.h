#pragma once

#include <capnp/dynamic.h>
#include <stave/schema/plugin.capnp.h>

namespace stave {

/// Binds settings to a plug-in's struct. A key that the struct does not have, or a value of the
/// wrong type or outside the $minimum and $maximum of its field, fails [invalid] naming file, line,
/// key and the nearest known key; so does any setting if there is no struct.
void bindSettings(capnp::List<schema::Setting>::Reader settings,
                  capnp::DynamicStruct::Builder target);
void refuseSettings(capnp::List<schema::Setting>::Reader settings);

}  // namespace stave
