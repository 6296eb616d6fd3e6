#pragma once

#include "command.h"

namespace stave::cli {

/// The command `logs`.
Action makeLogs(Flags& flags);

}  // namespace stave::cli
