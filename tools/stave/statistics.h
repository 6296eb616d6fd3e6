#pragma once

#include "command.h"

namespace stave::cli {

/// The commands `stats` and `cp`.
Action makeStatistics(Flags& flags);
Action makeCopy(Flags& flags);

}  // namespace stave::cli
