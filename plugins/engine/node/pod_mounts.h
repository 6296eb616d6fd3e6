#pragma once

#include <stave/image/config.h>
#include <stave/schema/objects/pod.capnp.h>

#include "volume_reconciler.h"

namespace stave::node {

/// One mount of a container, with its descriptor where it has one.
struct PlannedMount {
  PlannedMount() = default;
  PlannedMount(PlannedMount&&) = default;
  PlannedMount(const PlannedMount&) = delete;

  std::string target;
  std::string volume;  ///< name of the Volume object; empty: it is none
  bool anonymous = false;
  kj::Maybe<schema::Fd::Client> tree;
  std::string hostPath;
  std::string content;
  bool isFile = false;                                   ///< `content` it is
  bool identity = false;                                 ///< it tells the pod's addresses
  kj::Maybe<schema::Mount::TmpfsOptions::Reader> tmpfs;  ///< of the pod's spec
  bool readOnly = false;
  bool copyUp = false;
  bool createHostPath = false;
  std::string subPath;
  schema::Mount::Propagation propagation = schema::Mount::Propagation::RPRIVATE;
};

/// Where what a pod mounts comes from.
class PodMounts {
 public:
  PodMounts(Environment& environment, VolumeReconciler& volumes)
      : environment_(environment), volumes_(volumes) {}

  /// The Volume objects that a container needs, and which of them are anonymous.
  static std::vector<std::pair<std::string, bool>> volumesOf(schema::PodSpec::Reader pod,
                                                             schema::PodContainer::Reader container,
                                                             const image::RunConfig& image,
                                                             const std::string& containerId);

  /// Gets hold of everything. `pod` must be kept while the result is in use.
  Task<std::vector<PlannedMount>> plan(ObjectPointer pod, schema::PodContainer::Reader container,
                                       const image::RunConfig* image, std::string containerId);

  /// Where the `empty` volumes of a pod lie.
  std::string emptyDirectory(const std::string& podUid) const;

 private:
  Task<> fromVolume(PlannedMount& mount, std::string name, bool copy);
  Task<> fromConfig(std::vector<PlannedMount>& mounts, PlannedMount pattern, std::string nameSpace,
                    std::string name);
  Task<> fromSecret(std::vector<PlannedMount>& mounts, PlannedMount pattern, std::string nameSpace,
                    std::string name);
  Task<ObjectPointer> get(std::string kind, std::string nameSpace, std::string name);

  Environment& environment_;
  VolumeReconciler& volumes_;
};

void fillMount(schema::Mount::Builder target, PlannedMount& mount);

}  // namespace stave::node
