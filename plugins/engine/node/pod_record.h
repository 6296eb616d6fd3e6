#pragma once

#include <memory>
#include <optional>

#include "attachments.h"
#include "container_control.h"
#include "health_checker.h"
#include "image_wants.h"
#include "pod_mounts.h"
#include "pod_network.h"
#include "pod_plan.h"

namespace stave::node {

/// One container of a pod, beyond what the plan decides on; same index as in
/// `PodState::containers`.
struct ContainerRecord {
  struct Volume {
    std::string name;
    std::string target;
    bool anonymous;
  };

  uint32_t specIndex = 0;  ///< in the spec's list of containers or of init containers
  kj::Own<ContainerControl> control;
  kj::Own<Attachments> attachments;
  ReadyImagePointer image;
  std::string imageId;
  std::vector<std::string> command;
  std::vector<Volume> volumes;
  std::string logPath;
  kj::Own<HealthChecker> health;  ///< null: no check, or it does not run
  kj::Own<HealthChecker> readiness;
  kj::Maybe<schema::RootFs::Client> root;
};

/// All that the engine knows about one pod.
struct PodRecord {
  PodRecord(Environment& environment, NetworkReconciler& networks, ObjectWriter& writer,
            const ImageIndex& images)
      : network(environment, networks), wants(writer, images) {}

  ObjectPointer object;
  PodState state;
  std::vector<ContainerRecord> containers;
  PodNetwork network;
  ImageWants wants;
  std::string waitReason;
  std::string waitMessage;

  schema::PodSpec::Reader spec() const { return object->spec<schema::PodSpec>(); }
  schema::PodContainer::Reader containerSpec(size_t index) const;
  std::string hostname() const;
  bool networkIsOwn() const { return spec().getNetworkFrom().size() == 0; }

  /// The index of a container by name; empty: the first that is no init container. Fails
  /// [not-found].
  size_t indexOf(std::string_view name) const;
  size_t firstMain() const;
};

PodWish wishOf(const ObjectCopy& pod);

/// Fills the status as clients see it.
void fillPodStatus(schema::PodStatus::Builder target, const PodRecord& pod,
                   const std::string& node);

}  // namespace stave::node
