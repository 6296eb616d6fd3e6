#pragma once

#include <stave/plugin.h>

#include <string>

#include "container.h"

namespace stave::native {

/// What a container needs whatever its specification says: a run directory, a cgroup, and a monitor
/// that waits for its plan.
struct Groundwork {
  RunDirectory directory;
  WaitingMonitor monitor;
};

/// Lays it. What a failure leaves is in the run directory and the cgroup; no monitor is left.
Task<Groundwork> layGroundwork(Context& context, std::shared_ptr<Machinery> machinery,
                               RunDirectory directory, std::string cgroup);

}  // namespace stave::native
