#pragma once

#include <stave/schema/engine.capnp.h>

#include "command.h"

namespace stave::cli {

/// A command that has the engine remove what `choose` sets.
Action makePrune(Flags& flags, std::function<void(schema::PruneWhat::Builder)> choose);

/// A command that deletes objects of a kind by name and waits until they are gone.
Action makeDeleteOf(Flags& flags, const char* kind);

}  // namespace stave::cli
