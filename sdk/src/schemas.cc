#include "stave/schemas.h"

#include <stave/schema/api.capnp.h>
#include <stave/schema/builder.capnp.h>
#include <stave/schema/content.capnp.h>
#include <stave/schema/controller.capnp.h>
#include <stave/schema/engine.capnp.h>
#include <stave/schema/kernel.capnp.h>
#include <stave/schema/logging.capnp.h>
#include <stave/schema/network.capnp.h>
#include <stave/schema/objects/image.capnp.h>
#include <stave/schema/objects/network.capnp.h>
#include <stave/schema/objects/pod.capnp.h>
#include <stave/schema/objects/system.capnp.h>
#include <stave/schema/objects/volume.capnp.h>
#include <stave/schema/objects/workload.capnp.h>
#include <stave/schema/plugin.capnp.h>
#include <stave/schema/registry.capnp.h>
#include <stave/schema/runtime.capnp.h>
#include <stave/schema/scheduler.capnp.h>
#include <stave/schema/storage.capnp.h>
#include <stave/schema/store.capnp.h>
#include <stave/schema/volume.capnp.h>

#include <deque>
#include <unordered_set>

namespace stave {

namespace {

class Walk {
 public:
  void visit(capnp::Schema schema) {
    if (seen_.insert(schema.getProto().getId()).second) waiting_.push_back(schema);
  }

  std::vector<capnp::Schema> run() {
    std::vector<capnp::Schema> found;
    while (!waiting_.empty()) {
      auto schema = waiting_.front();
      waiting_.pop_front();
      found.push_back(schema);
      expand(schema);
    }
    return found;
  }

 private:
  void expand(capnp::Schema schema) {
    if (schema.getProto().isStruct()) expandStruct(schema.asStruct());
    if (schema.getProto().isInterface()) expandInterface(schema.asInterface());
  }

  void expandStruct(capnp::StructSchema schema) {
    for (auto field : schema.getFields()) visitType(field.getType());
  }

  void expandInterface(capnp::InterfaceSchema schema) {
    for (auto superclass : schema.getSuperclasses()) visit(superclass);
    for (auto method : schema.getMethods()) {
      visit(method.getParamType());
      visit(method.getResultType());
    }
  }

  void visitType(capnp::Type type) {
    while (type.isList()) type = type.asList().getElementType();
    if (type.isStruct()) visit(type.asStruct());
    if (type.isEnum()) visit(type.asEnum());
    if (type.isInterface()) visit(type.asInterface());
  }

  std::unordered_set<uint64_t> seen_;
  std::deque<capnp::Schema> waiting_;
};

template <typename... Types>
std::vector<capnp::Schema> schemasOf() {
  return {capnp::Schema(capnp::Schema::from<Types>())...};
}

}  // namespace

std::vector<capnp::Schema> schemaClosure(std::vector<capnp::Schema> roots) {
  Walk walk;
  for (auto root : roots) walk.visit(root);
  return walk.run();
}

std::vector<capnp::Schema> builtInSchemas() {
  return schemaClosure(
      schemasOf<schema::Kernel, schema::PluginHost, schema::Store, schema::Content, schema::Engine,
                schema::Runtime, schema::Storage, schema::Network, schema::Registry,
                schema::Builder, schema::Scheduler, schema::Controller, schema::Api,
                schema::VolumeDriver, schema::Logging, schema::PodSpec, schema::PodStatus,
                schema::ImageSpec, schema::ImageStatus, schema::NetworkSpec, schema::NetworkStatus,
                schema::VolumeSpec, schema::VolumeStatus, schema::NamespaceSpec,
                schema::NamespaceStatus, schema::NodeSpec, schema::NodeStatus, schema::PluginSpec,
                schema::PluginStatus, schema::EventSpec, schema::ConfigSpec, schema::SecretSpec,
                schema::DeploymentSpec, schema::DeploymentStatus, schema::DaemonSetSpec,
                schema::DaemonSetStatus, schema::StatefulSetSpec, schema::StatefulSetStatus,
                schema::JobSpec, schema::JobStatus, schema::CronJobSpec, schema::CronJobStatus,
                schema::ServiceSpec, schema::ServiceStatus>());
}

}  // namespace stave
