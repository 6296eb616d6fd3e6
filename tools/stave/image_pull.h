#pragma once

#include "command.h"
#include "session.h"

namespace stave::cli {

Action pull(Flags& flags);

/// A reference in full. Fails [invalid].
std::string normalized(Session& session, const std::string& reference);

ObjectCopy newImage(const std::string& name);

}  // namespace stave::cli
