#pragma once

#include <stave/schema/runtime.capnp.h>

#include "plan_writer.h"

namespace stave::native {

/// Adds the steps that set kernel parameters. Only those that belong to a namespace of the
/// container's own may be set; any other would change the host. Fails [invalid].
void planSysctls(PlanWriter& writer, schema::ContainerSpec::Reader spec, bool ownNetwork);

}  // namespace stave::native
