#pragma once

#include <capnp/capability.h>
#include <kj/timer.h>

#include "kernel/plugin/method_table.h"
#include "kernel/plugin/supervisor.h"

namespace stave::plugin {

/// A capability for a plug-in's service that outlives the plug-in: the seam that every call between
/// parts of the stack crosses. It counts and times calls, sets their deadline, waits for a plug-in
/// that is being started again, and repeats what may be repeated. `fallback`, if given, takes over
/// while the plug-in is down.
capnp::Capability::Client newServiceProxy(kj::Timer& timer, Supervisor& supervisor,
                                          MethodTable& methods, kj::Maybe<Supervisor&> fallback);

}  // namespace stave::plugin
