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
  std::vector<int> trees;  ///< for each of the spec's mounts; -1: it brings none
  std::string directory;   ///< the container's own, for small files that it sees
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

/// Where the content of the mount of that number lies, in the container's directory.
std::string contentPath(const std::string& directory, size_t index);

/// Which devices the container may use.
std::vector<DeviceRule> deviceRulesOf(schema::ContainerSpec::Reader spec);

}  // namespace stave::native
