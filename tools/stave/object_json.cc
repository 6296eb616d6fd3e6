#include "object_json.h"

#include <stave/error.h>
#include <stave/schema/objects/image.capnp.h>
#include <stave/schema/objects/network.capnp.h>
#include <stave/schema/objects/system.capnp.h>
#include <stave/schema/objects/volume.capnp.h>
#include <stave/schema/objects/workload.capnp.h>

#include <nlohmann/json.hpp>

namespace stave::cli {

namespace {

struct BuiltInKind {
  std::string_view name;
  kj::Maybe<capnp::StructSchema> (*spec)();
  kj::Maybe<capnp::StructSchema> (*status)();
};

template <typename T>
kj::Maybe<capnp::StructSchema> schemaOf() {
  return capnp::StructSchema(capnp::Schema::from<T>());
}
kj::Maybe<capnp::StructSchema> none() {
  return nullptr;
}

template <typename Spec, typename Status>
constexpr BuiltInKind kindOf(std::string_view name) {
  return {name, &schemaOf<Spec>, &schemaOf<Status>};
}

using namespace stave::schema;
constexpr BuiltInKind builtIn[] = {
    kindOf<PodSpec, PodStatus>("Pod"),
    kindOf<ImageSpec, ImageStatus>("Image"),
    kindOf<NetworkSpec, NetworkStatus>("Network"),
    kindOf<VolumeSpec, VolumeStatus>("Volume"),
    kindOf<NamespaceSpec, NamespaceStatus>("Namespace"),
    kindOf<NodeSpec, NodeStatus>("Node"),
    kindOf<PluginSpec, PluginStatus>("Plugin"),
    {"Event", &schemaOf<EventSpec>, &none},
    {"Config", &schemaOf<ConfigSpec>, &none},
    {"Secret", &schemaOf<SecretSpec>, &none},
    kindOf<DeploymentSpec, DeploymentStatus>("Deployment"),
    kindOf<DaemonSetSpec, DaemonSetStatus>("DaemonSet"),
    kindOf<StatefulSetSpec, StatefulSetStatus>("StatefulSet"),
    kindOf<JobSpec, JobStatus>("Job"),
    kindOf<CronJobSpec, CronJobStatus>("CronJob"),
    kindOf<ServiceSpec, ServiceStatus>("Service"),
};

const BuiltInKind* findBuiltIn(std::string_view kind) {
  for (auto& known : builtIn) {
    if (known.name == kind) return &known;
  }
  return nullptr;
}

std::string lowered(std::string_view text) {
  std::string result(text);
  for (char& letter : result)
    letter = static_cast<char>(::tolower(static_cast<unsigned char>(letter)));
  return result;
}

bool isNamed(schema::KindDefinition::Reader kind, const std::string& word) {
  auto name = lowered(kind.getName().cStr());
  if (word == name || word == name + "s" || word == lowered(kind.getPlural().cStr())) return true;
  for (auto shortName : kind.getShortNames()) {
    if (word == shortName.cStr()) return true;
  }
  return false;
}

}  // namespace

capnp::List<schema::KindDefinition>::Reader KindSchemas::definitions() {
  if (kinds_ == nullptr) {
    kinds_ = session_.wait(session_.client().objects.kindsRequest().send());
  }
  return KJ_ASSERT_NONNULL(kinds_).getKinds();
}

kj::Maybe<schema::KindDefinition::Reader> KindSchemas::definition(const std::string& kind) {
  for (auto known : definitions()) {
    if (known.getName() == kind.c_str()) return known;
  }
  return nullptr;
}

std::vector<std::string> KindSchemas::names() {
  std::vector<std::string> names;
  for (auto kind : definitions()) names.emplace_back(kind.getName().cStr());
  return names;
}

std::string KindSchemas::kindNamed(const std::string& word) {
  auto wanted = lowered(word);
  for (auto& known : builtIn) {
    if (lowered(known.name) == wanted || lowered(known.name) + "s" == wanted)
      return std::string(known.name);
  }
  for (auto kind : definitions()) {
    if (isNamed(kind, wanted)) return kind.getName();
  }
  auto nearest = nearestName(word, names());
  fail(ErrorCode::NOT_FOUND, "there is no kind \"" + word + "\"" +
                                 (nearest.empty() ? "" : "; did you mean " + nearest + "?"));
}

kj::Maybe<capnp::StructSchema> KindSchemas::load(const std::string& kind, bool status) {
  KJ_IF_MAYBE (known, definition(kind)) {
    if (loader_ == nullptr) loader_ = kj::heap<capnp::SchemaLoader>();
    auto& loader = *KJ_ASSERT_NONNULL(loader_);
    for (auto node : known->getNodes()) loader.load(node);
    auto id = status ? known->getStatusType() : known->getSpecType();
    if (id != 0) return loader.get(id).asStruct();
  }
  return nullptr;
}

kj::Maybe<capnp::StructSchema> KindSchemas::spec(const std::string& kind) {
  auto known = findBuiltIn(kind);
  return known != nullptr ? known->spec() : load(kind, false);
}

kj::Maybe<capnp::StructSchema> KindSchemas::status(const std::string& kind) {
  auto known = findBuiltIn(kind);
  return known != nullptr ? known->status() : load(kind, true);
}

kj::Maybe<capnp::StructSchema> KindSchemas::resolve(capnp::DynamicStruct::Reader parent,
                                                    capnp::StructSchema::Field field) {
  if (parent.getSchema().getProto().getId() != capnp::typeId<schema::Object>()) return nullptr;
  auto metadata = parent.get("metadata").as<capnp::DynamicStruct>();
  std::string kind = metadata.get("kind").as<capnp::Text>();
  return field.getProto().getName() == "spec" ? spec(kind) : status(kind);
}

nlohmann::json objectJson(KindSchemas& schemas, schema::Object::Reader object) {
  json::Options options;
  options.anyPointer = &schemas.resolver();
  options.showSecrets = false;
  return json::encode(capnp::toDynamic(object), options);
}

nlohmann::json objectJson(Session& session, schema::Object::Reader object) {
  KindSchemas schemas(session);
  return objectJson(schemas, object);
}

}  // namespace stave::cli
