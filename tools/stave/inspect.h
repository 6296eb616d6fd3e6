#pragma once

#include <stave/schema/object.capnp.h>
#include <nlohmann/json_fwd.hpp>

#include "command.h"
#include "session.h"

namespace stave::cli {

/// The command `inspect`.
Action makeInspect(Flags& flags);
/// `network inspect`, `volume inspect`, `plugin inspect`: of one kind only.
Action makeInspectOf(Flags& flags, const char* kind);

/// What a name means: of a type ("container", "image"...) or, if that is empty, whatever it fits.
/// Fails [not-found].
nlohmann::json inspectAs(Session& session, const std::string& word, const std::string& type);

/// Prints objects as an array, or each through the template.
void printInspected(const std::vector<nlohmann::json>& objects, const std::string& format);

}  // namespace stave::cli
