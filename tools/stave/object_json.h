#pragma once

#include <capnp/schema-loader.h>
#include <stave/json.h>
#include <stave/schema/object.capnp.h>
#include <nlohmann/json_fwd.hpp>

#include <map>

#include "session.h"

namespace stave::cli {

/// The types of specs and statuses by kind: built-in ones at once, others as the kernel has them.
class KindSchemas {
 public:
  explicit KindSchemas(Session& session) : session_(session) {}

  kj::Maybe<capnp::StructSchema> spec(const std::string& kind);
  kj::Maybe<capnp::StructSchema> status(const std::string& kind);

  /// For the codec: what stands behind Object.spec and Object.status. Valid as long as this.
  json::AnyPointerSchema& resolver() { return resolver_; }

  /// The registered name that "pods", "po" or "pod" means. Fails [not-found] naming the nearest.
  std::string kindNamed(const std::string& word);

  /// What the kernel says about a kind; nothing if it knows none such.
  kj::Maybe<schema::KindDefinition::Reader> definition(const std::string& kind);
  std::vector<std::string> names();

 private:
  capnp::List<schema::KindDefinition>::Reader definitions();
  kj::Maybe<capnp::StructSchema> load(const std::string& kind, bool status);

  Session& session_;
  kj::Maybe<capnp::Response<schema::Objects::KindsResults>> kinds_;
  kj::Maybe<kj::Own<capnp::SchemaLoader>> loader_;
  json::AnyPointerSchema resolver_ = [this](capnp::DynamicStruct::Reader parent,
                                            capnp::StructSchema::Field field) {
    return resolve(parent, field);
  };
  kj::Maybe<capnp::StructSchema> resolve(capnp::DynamicStruct::Reader parent,
                                         capnp::StructSchema::Field field);
};

/// An object with spec and status as JSON; secrets are hidden.
nlohmann::json objectJson(Session& session, schema::Object::Reader object);
nlohmann::json objectJson(KindSchemas& schemas, schema::Object::Reader object);

}  // namespace stave::cli
