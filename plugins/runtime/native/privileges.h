#pragma once

#include <stave/schema/runtime.capnp.h>

#include <memory>

#include "capabilities.h"
#include "plan_writer.h"
#include "seccomp_cache.h"
#include "user_lookup.h"

namespace stave::native {

/// What a process may do.
struct Privileges {
  CapabilitySet bounding = 0;
  CapabilitySet effective = 0;  ///< and permitted: as execve would give them to that user
  bool noNewPrivileges = false;
  std::shared_ptr<const BpfProgram> seccomp;  ///< null: no filter
};

Privileges privilegesOf(schema::Security::Reader security, const Identity& identity,
                        SeccompCache& cache);

/// The last steps of every plan: become the user, find the command, give up all other rights.
void planPrivileges(PlanWriter& writer, const Privileges& privileges, const Identity& identity);

}  // namespace stave::native
