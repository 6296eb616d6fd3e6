#pragma once

#include <stave/schema/runtime.capnp.h>

#include <string>
#include <vector>

#include "cgroup.h"
#include "plan_writer.h"

namespace stave::native {

/// What the file systems of a container are made from.
struct MountParts {
  schema::ContainerSpec::Reader spec;
  int root = -1;
  std::vector<int> trees;      ///< for each of the spec's mounts; -1: it brings none
  std::string filesDirectory;  ///< where small files are put that the container sees
  const Cgroup* cgroup = nullptr;
  uint32_t rootUid = 0;  ///< of the container's root on the host
  uint32_t rootGid = 0;
};

/// Adds the steps from the host's mounts to the container's: its root, /proc, /dev, /sys and the
/// spec's own mounts in order. What lies on the host is taken now, so that what is missing is known
/// now.
void planMounts(PlanWriter& writer, const MountParts& parts);

/// Adds the steps that hide what a container should not see or change, after all is mounted.
void planProtection(PlanWriter& writer, schema::ContainerSpec::Reader spec);

/// Which devices the container may use.
std::vector<DeviceRule> deviceRulesOf(schema::ContainerSpec::Reader spec);

}  // namespace stave::native
