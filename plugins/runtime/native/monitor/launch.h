#pragma once

#include "plan.h"
#include "status.h"
#include "system.h"

namespace stave::monitor {

/// The container's process, prepared and waiting for the word to start, and the monitor's ends of
/// what connects the two.
struct Launched {
  int pid = 0;
  sys::Fd channel;
  sys::Fd terminal;  ///< the master, for a container with one
  sys::Fd input;     ///< where standard input is written to
  sys::Fd output;
  sys::Fd errors;
};

/// Makes the process and waits until it has carried out the plan. Returns false after having
/// reported why it could not.
bool launch(Plan& plan, Launched& launched);

}  // namespace stave::monitor
