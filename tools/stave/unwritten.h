#pragma once

#include <stave/client.h>

namespace stave::cli {

/// Never done: fails when the engine says that the store has no room for the status of this object,
/// which nobody need wait for then. What it said before the call is not heard.
kj::Promise<void> failIfUnwritten(schema::EventBus::Client events, const Selection& object);

Selection selectionOf(const ObjectCopy& object);

}  // namespace stave::cli
