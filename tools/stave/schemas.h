#pragma once

#include <capnp/dynamic.h>
#include <capnp/schema-loader.h>
#include <nlohmann/json_fwd.hpp>

#include <map>

#include "session.h"

namespace stave::cli {

/// The interfaces that a kernel and its plug-ins speak, by name.
class InterfaceSchemas {
 public:
  explicit InterfaceSchemas(Session& session);

  /// Fails [not-found] naming the nearest.
  capnp::InterfaceSchema interface(const std::string& name);
  /// "Interface.method". Fails [invalid], [not-found].
  capnp::InterfaceSchema::Method method(const std::string& path);

  std::vector<std::string> names() const;
  nlohmann::json describe(capnp::InterfaceSchema interface) const;

 private:
  capnp::SchemaLoader loader_;
  std::map<std::string, capnp::InterfaceSchema> interfaces_;
};

/// The capability that speaks an interface if none was named: of the kernel itself, or of the
/// plug-in (the stack's default if `plugin` is empty) whose kind is called so.
capnp::DynamicCapability::Client entryPoint(Session& session, capnp::InterfaceSchema interface,
                                            const std::string& plugin);

}  // namespace stave::cli
