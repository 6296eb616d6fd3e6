#pragma once

#include <stave/schema/runtime.capnp.h>

#include <memory>
#include <string>
#include <vector>

#include "cgroup.h"
#include "mount_plan.h"
#include "plan_writer.h"
#include "seccomp_cache.h"
#include "user_lookup.h"

namespace stave::native {

/// What a container is made from, beside what its specification says.
struct ContainerParts {
  std::shared_ptr<capnp::MessageBuilder> message;  ///< that `spec` lies in
  schema::ContainerSpec::Reader spec;
  os::Fd root;
  os::Fd network;             ///< null: the host's
  std::vector<os::Fd> trees;  ///< for each of the spec's mounts; null: it brings none
  std::string directory;      ///< of its run files
  int initProgram = -1;
  os::Fd pidNamespace;  ///< of another container; null: own or the host's
  os::Fd ipcNamespace;
  os::Fd utsNamespace;
};

/// Writes the plan for a container.
void planContainer(PlanWriter& writer, const ContainerParts& parts, const Cgroup& cgroup,
                   SeccompCache& seccomp);

/// What an additional process is made from.
struct ExecParts {
  schema::ContainerSpec::Reader container;
  schema::ExecSpec::Reader spec;
  int pidfd = -1;  ///< of the container's first process
  UserDatabase users;
};

void planExec(PlanWriter& writer, const ExecParts& parts, const Cgroup& cgroup,
              SeccompCache& seccomp);

/// The name of the command in messages.
std::string commandOf(capnp::List<capnp::Text>::Reader arguments);

/// Fails [invalid] naming the field.
void checkPlace(const std::string& id, const std::string& cgroupParent);

/// Fails [invalid] naming the field, for what can be known from the specification alone.
void checkSpec(schema::ContainerSpec::Reader spec);

}  // namespace stave::native
