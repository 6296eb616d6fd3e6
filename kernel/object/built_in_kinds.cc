#include "kernel/object/built_in_kinds.h"

#include <stave/schema/objects/image.capnp.h>
#include <stave/schema/objects/network.capnp.h>
#include <stave/schema/objects/pod.capnp.h>
#include <stave/schema/objects/system.capnp.h>
#include <stave/schema/objects/volume.capnp.h>
#include <stave/schema/objects/workload.capnp.h>

#include "kernel/object/kind_nodes.h"
#include "kernel/object/kinds.h"

namespace stave {

namespace {

// Names that are not as those of containers: what a namespace may be elsewhere, KIND/NAME, and
// references of images and digests.
constexpr std::string_view namespaceNames = "[a-zA-Z0-9]([a-zA-Z0-9_.-]*[a-zA-Z0-9])?";
constexpr std::string_view pluginNames = "[^/]+/[^/]+";
constexpr std::string_view imageNames = R"([a-zA-Z0-9\[][a-zA-Z0-9_.:/@+\[\]-]*)";

/// For kinds that have no status.
struct NoStatus {};

template <typename Type>
uint64_t typeId() {
  if constexpr (std::is_same_v<Type, NoStatus>) {
    return 0;
  } else {
    return capnp::typeId<Type>();
  }
}

template <typename Type>
void collect(NodeCollector& nodes) {
  if constexpr (!std::is_same_v<Type, NoStatus>) nodes.add(capnp::Schema::from<Type>());
}

}  // namespace

template <typename Spec, typename Status>
void Kinds::addBuiltIn(const BuiltInKind& row) {
  NodeCollector nodes;
  collect<Spec>(nodes);
  collect<Status>(nodes);
  loader_.loadCompiledTypeAndDependencies<Spec>();
  if constexpr (!std::is_same_v<Status, NoStatus>) {
    loader_.loadCompiledTypeAndDependencies<Status>();
  }
  auto message = std::make_shared<capnp::MallocMessageBuilder>();
  auto definition = message->initRoot<schema::KindDefinition>();
  definition.setName(row.name.data());
  definition.setPlural(row.plural.data());
  auto shortNames = definition.initShortNames(row.shortNames.size());
  for (size_t i = 0; i < row.shortNames.size(); ++i) shortNames.set(i, row.shortNames[i].data());
  definition.setNamespaced(row.namespaced);
  definition.setSpecType(typeId<Spec>());
  definition.setStatusType(typeId<Status>());
  definition.setNames(row.names.data() == nullptr ? "" : row.names.data());
  definition.setNameLength(row.nameLength);
  nodes.write(definition);
  auto columns = definition.initColumns(row.columns.size());
  for (size_t i = 0; i < row.columns.size(); ++i) {
    columns[i].setTitle(row.columns[i].title.data());
    columns[i].setPath(row.columns[i].path.data());
  }
  adopt(kj::mv(message), true);
}

Kinds::Kinds() {
  addPlatformKinds();
  addPodKinds();
  addWorkloadKinds();
}

void Kinds::addPlatformKinds() {
  using namespace schema;
  addBuiltIn<NamespaceSpec, NamespaceStatus>({"Namespace",
                                              "namespaces",
                                              {"ns"},
                                              false,
                                              {{"STATUS", "status.phase"}},
                                              namespaceNames,
                                              maximumNamespace});
  addBuiltIn<NodeSpec, NodeStatus>({"Node",
                                    "nodes",
                                    {"no"},
                                    false,
                                    {{"STATUS", "status.phase"},
                                     {"PODS", "status.pods"},
                                     {"ARCHITECTURE", "status.architecture"},
                                     {"VERSION", "status.version"}}});
  addBuiltIn<ConfigSpec, NoStatus>({"Config", "configs", {"cfg"}, true, {}});
  addBuiltIn<SecretSpec, NoStatus>({"Secret", "secrets", {"sec"}, true, {}});
  addBuiltIn<PluginSpec, PluginStatus>({"Plugin",
                                        "plugins",
                                        {},
                                        false,
                                        {{"KIND", "status.kind"},
                                         {"STATUS", "status.state"},
                                         {"VERSION", "status.version"},
                                         {"REASON", "status.reason"}},
                                        pluginNames,
                                        maximumName});
  addBuiltIn<EventSpec, NoStatus>({"Event",
                                   "events",
                                   {"ev"},
                                   true,
                                   {{"KIND", "spec.kind"},
                                    {"OBJECT", "spec.name"},
                                    {"REASON", "spec.reason"},
                                    {"MESSAGE", "spec.message"}}});
}

void Kinds::addPodKinds() {
  using namespace schema;
  addBuiltIn<PodSpec, PodStatus>({"Pod",
                                  "pods",
                                  {"po"},
                                  true,
                                  {{"READY", "status.ready"},
                                   {"STATUS", "status.phase"},
                                   {"NODE", "status.node"},
                                   {"REASON", "status.reason"}}});
  addBuiltIn<ImageSpec, ImageStatus>(
      {"Image",
       "images",
       {"img"},
       false,
       {{"STATUS", "status.phase"}, {"DIGEST", "status.manifestDigest"}, {"SIZE", "status.size"}},
       imageNames,
       maximumName});
  addBuiltIn<NetworkSpec, NetworkStatus>({"Network",
                                          "networks",
                                          {"net"},
                                          false,
                                          {{"DRIVER", "status.driver"},
                                           {"STATUS", "status.phase"},
                                           {"INTERFACE", "status.interfaceName"}}});
  addBuiltIn<VolumeSpec, VolumeStatus>({"Volume",
                                        "volumes",
                                        {"vol"},
                                        false,
                                        {{"DRIVER", "spec.driver"}, {"STATUS", "status.phase"}}});
}

void Kinds::addWorkloadKinds() {
  using namespace schema;
  addBuiltIn<DeploymentSpec, DeploymentStatus>({"Deployment",
                                                "deployments",
                                                {"deploy"},
                                                true,
                                                {{"WANTED", "spec.replicas"},
                                                 {"READY", "status.ready"},
                                                 {"UPDATED", "status.updated"},
                                                 {"AVAILABLE", "status.available"}}});
  addBuiltIn<DaemonSetSpec, DaemonSetStatus>(
      {"DaemonSet",
       "daemonsets",
       {"ds"},
       true,
       {{"WANTED", "status.desired"}, {"READY", "status.ready"}}});
  addBuiltIn<StatefulSetSpec, StatefulSetStatus>(
      {"StatefulSet",
       "statefulsets",
       {"sts"},
       true,
       {{"WANTED", "spec.replicas"}, {"READY", "status.ready"}}});
  addBuiltIn<JobSpec, JobStatus>({"Job",
                                  "jobs",
                                  {},
                                  true,
                                  {{"WANTED", "spec.completions"},
                                   {"ACTIVE", "status.active"},
                                   {"SUCCEEDED", "status.succeeded"},
                                   {"FAILED", "status.failed"}}});
  addBuiltIn<CronJobSpec, CronJobStatus>(
      {"CronJob",
       "cronjobs",
       {"cj"},
       true,
       {{"SCHEDULE", "spec.schedule"}, {"SUSPENDED", "spec.suspended"}}});
  addBuiltIn<ServiceSpec, ServiceStatus>(
      {"Service",
       "services",
       {"svc"},
       true,
       {{"ADDRESS", "status.address"}, {"ENDPOINTS", "status.endpoints"}}});
}

}  // namespace stave
