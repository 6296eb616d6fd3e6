#pragma once

#include <stave/schema/engine.capnp.h>

#include "process_table.h"

namespace stave::node {

void fillProcesses(capnp::List<schema::ProcessInfo>::Builder target,
                   const std::vector<ProcessRow>& rows);

}  // namespace stave::node
