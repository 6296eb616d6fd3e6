#pragma once

#include <capnp/list.h>
#include <stave/schema/runtime.capnp.h>

#include <string>
#include <vector>

#include "cgroup.h"
#include "plan_writer.h"
#include "user_lookup.h"

namespace stave::native {

/// Variables of a process, a later one of a name standing in for an earlier one.
class Environment {
 public:
  void add(capnp::List<capnp::Text>::Reader variables);
  void addIfMissing(const std::string& name, const std::string& value);
  std::string get(const std::string& name) const;
  const std::vector<std::string>& variables() const { return variables_; }

 private:
  std::vector<std::string>::iterator find(std::string_view name);

  std::vector<std::string> variables_;
};

/// Command, environment and where the command is looked for.
void planCommand(PlanWriter& writer, capnp::List<capnp::Text>::Reader arguments,
                 Environment environment, const Identity& identity);

/// The cgroup to enter. One of version 2 the process is born in; for version 1 see below.
void planCgroup(PlanWriter& writer, const Cgroup& cgroup);

/// After `planCgroup`: where among the steps the cgroups of version 1 are entered.
void planCgroupEntry(PlanWriter& writer);

void planLimits(PlanWriter& writer, capnp::List<schema::Rlimit>::Reader limits);
void planStreams(PlanWriter& writer, const Identity& identity);

/// Fails [invalid] for a limit that there is not.
int resourceNamed(std::string_view name);

}  // namespace stave::native
