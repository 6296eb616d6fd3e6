#include "fake_query.h"

#include <capnp/dynamic.h>
#include <stave/schema/objects/image.capnp.h>
#include <stave/schema/objects/network.capnp.h>
#include <stave/schema/objects/pod.capnp.h>
#include <stave/schema/objects/system.capnp.h>
#include <stave/schema/objects/volume.capnp.h>
#include <stave/schema/objects/workload.capnp.h>

namespace stave::testing {

namespace {

template <typename Spec, typename Status>
FakeKind kindOf(bool namespaced) {
  return {capnp::StructSchema(capnp::Schema::from<Spec>()),
          capnp::StructSchema(capnp::Schema::from<Status>()), namespaced};
}

template <typename Spec>
FakeKind kindOf(bool namespaced) {
  return {capnp::StructSchema(capnp::Schema::from<Spec>()), nullptr, namespaced};
}

kj::Maybe<std::string> textOf(capnp::DynamicValue::Reader value) {
  switch (value.getType()) {
    case capnp::DynamicValue::TEXT:
      return std::string(value.as<capnp::Text>().cStr());
    case capnp::DynamicValue::ENUM:
      KJ_IF_MAYBE (enumerant, value.as<capnp::DynamicEnum>().getEnumerant()) {
        return std::string(enumerant->getProto().getName().cStr());
      }
      return nullptr;
    case capnp::DynamicValue::BOOL:
    case capnp::DynamicValue::INT:
    case capnp::DynamicValue::UINT:
      return std::string(kj::str(value).cStr());
    default:
      return nullptr;
  }
}

kj::Maybe<std::string> walk(capnp::DynamicStruct::Reader structure, std::string_view path) {
  auto dot = path.find('.');
  std::string name(path.substr(0, dot));
  KJ_IF_MAYBE (field, structure.getSchema().findFieldByName(name.c_str())) {
    auto value = structure.get(*field);
    if (dot == std::string_view::npos) return textOf(value);
    if (value.getType() != capnp::DynamicValue::STRUCT) return nullptr;
    return walk(value.as<capnp::DynamicStruct>(), path.substr(dot + 1));
  }
  return nullptr;
}

kj::Maybe<std::string> labelText(schema::Metadata::Reader metadata, capnp::Text::Reader key) {
  for (auto label : metadata.getLabels()) {
    if (label.getKey() == key) return std::string(label.getValue().cStr());
  }
  return nullptr;
}

bool holds(schema::Requirement::Reader requirement, const kj::Maybe<std::string>& actual) {
  bool listed = false;
  KJ_IF_MAYBE (text, actual) {
    for (auto value : requirement.getValues()) listed |= *text == value.cStr();
  }
  using Op = schema::Requirement::Op;
  switch (requirement.getOp()) {
    case Op::EQUALS:
    case Op::IS_IN:
      return listed;
    case Op::NOT_EQUALS:
    case Op::NOT_IN:
      return !listed;
    case Op::EXISTS:
      return actual != nullptr;
    case Op::NOT_EXISTS:
      return actual == nullptr;
  }
  return false;
}

}  // namespace

FakeKinds::FakeKinds() {
  using namespace schema;
  kinds_ = {
      {"Namespace", kindOf<NamespaceSpec, NamespaceStatus>(false)},
      {"Node", kindOf<NodeSpec, NodeStatus>(false)},
      {"Pod", kindOf<PodSpec, PodStatus>(true)},
      {"Image", kindOf<ImageSpec, ImageStatus>(false)},
      {"Network", kindOf<NetworkSpec, NetworkStatus>(false)},
      {"Volume", kindOf<VolumeSpec, VolumeStatus>(false)},
      {"Config", kindOf<ConfigSpec>(true)},
      {"Secret", kindOf<SecretSpec>(true)},
      {"Deployment", kindOf<DeploymentSpec, DeploymentStatus>(true)},
      {"DaemonSet", kindOf<DaemonSetSpec, DaemonSetStatus>(true)},
      {"StatefulSet", kindOf<StatefulSetSpec, StatefulSetStatus>(true)},
      {"Job", kindOf<JobSpec, JobStatus>(true)},
      {"CronJob", kindOf<CronJobSpec, CronJobStatus>(true)},
      {"Service", kindOf<ServiceSpec, ServiceStatus>(true)},
      {"Plugin", kindOf<PluginSpec, PluginStatus>(false)},
      {"Event", kindOf<EventSpec>(true)},
  };
}

bool FakeKinds::namespaced(const std::string& kind) const {
  auto found = kinds_.find(kind);
  return found != kinds_.end() && found->second.namespaced;
}

bool FakeKinds::matches(schema::Query::Reader query, schema::Object::Reader object,
                        bool identityOnly) const {
  auto metadata = object.getMetadata();
  if (metadata.getKind() != query.getKind()) return false;
  if (query.getNamespace() != "" && metadata.getNamespace() != query.getNamespace()) return false;
  if (query.getName() != "" && metadata.getName() != query.getName()) return false;
  if (identityOnly) return true;
  for (auto label : query.getLabels()) {
    if (!holds(label, labelText(metadata, label.getKey()))) return false;
  }
  for (auto field : query.getFields()) {
    if (!holds(field, fieldText(object, field.getKey().cStr()))) return false;
  }
  return true;
}

kj::Maybe<std::string> FakeKinds::fieldText(schema::Object::Reader object,
                                            std::string_view path) const {
  auto dot = path.find('.');
  if (dot == std::string_view::npos) return nullptr;
  auto part = path.substr(0, dot);
  auto rest = path.substr(dot + 1);
  if (part == "metadata") return walk(object.getMetadata(), rest);
  auto found = kinds_.find(object.getMetadata().getKind().cStr());
  if (found == kinds_.end()) return nullptr;
  bool isSpec = part == "spec";
  KJ_IF_MAYBE (schema, isSpec ? found->second.spec : found->second.status) {
    auto pointer = isSpec ? object.getSpec() : object.getStatus();
    return walk(pointer.getAs<capnp::DynamicStruct>(*schema), rest);
  }
  return nullptr;
}

}  // namespace stave::testing
