#pragma once

#include "engine.h"

namespace stave::node {

/// The engine's RPC surface.
schema::Engine::Client makeService(kj::Own<Engine> engine);

}  // namespace stave::node
