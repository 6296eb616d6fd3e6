#pragma once

#include "plan_format.h"

namespace stave::monitor {

/// Now, in nanoseconds of Unix time.
int64_t now();

/// The file in which the phase and the exit of the container stand, for whoever comes later. It has
/// its full size from the beginning, so that a full disk cannot keep an exit code from being
/// written.
class StatusFile {
 public:
  /// Begins with the phase `creating`.
  void begin();

  native::plan::Status value{};

  /// Writes everything, the phase last.
  void advance(native::plan::Phase phase);
};

}  // namespace stave::monitor
