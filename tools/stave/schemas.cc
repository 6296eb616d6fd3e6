#include "schemas.h"

#include <stave/error.h>
#include <stave/json.h>

#include <nlohmann/json.hpp>

namespace stave::cli {

using Json = nlohmann::json;

namespace {

std::string shortName(capnp::Schema schema) {
  return schema.getShortDisplayName().cStr();
}

std::string typeName(capnp::Type type) {
  using Which = capnp::schema::Type;
  static constexpr const char* simple[] = {"Void",    "Bool",    "Int8",   "Int16",  "Int32",
                                           "Int64",   "UInt8",   "UInt16", "UInt32", "UInt64",
                                           "Float32", "Float64", "Text",   "Data"};
  switch (type.which()) {
    case Which::LIST:
      return "List(" + typeName(type.asList().getElementType()) + ")";
    case Which::ENUM:
      return shortName(type.asEnum());
    case Which::STRUCT:
      return shortName(type.asStruct());
    case Which::INTERFACE:
      return shortName(type.asInterface());
    case Which::ANY_POINTER:
      return "AnyPointer";
    default:
      return simple[int(type.which())];
  }
}

Json fields(capnp::StructSchema schema) {
  Json object = Json::object();
  for (auto field : schema.getFields()) {
    object[field.getProto().getName().cStr()] = typeName(field.getType());
  }
  return object;
}

/// Which plug-in kind offers an interface. Mostly they share their name.
std::string kindOffering(const std::string& interface) {
  if (interface == "VolumeDriver") return "volume";
  std::string kind = interface;
  for (char& letter : kind)
    letter = static_cast<char>(::tolower(static_cast<unsigned char>(letter)));
  return kind;
}

}  // namespace

InterfaceSchemas::InterfaceSchemas(Session& session) {
  auto reply = session.wait(session.client().kernel.schemasRequest().send());
  std::vector<uint64_t> ids;
  for (auto node : reply.getNodes()) {
    loader_.load(node);
    if (node.isInterface()) ids.push_back(node.getId());
  }
  for (auto id : ids) {
    auto schema = loader_.get(id).asInterface();
    interfaces_.emplace(shortName(schema), schema);
  }
}

std::vector<std::string> InterfaceSchemas::names() const {
  std::vector<std::string> names;
  for (auto& [name, schema] : interfaces_) names.push_back(name);
  return names;
}

capnp::InterfaceSchema InterfaceSchemas::interface(const std::string& name) {
  auto found = interfaces_.find(name);
  if (found != interfaces_.end()) return found->second;
  auto nearest = nearestName(name, names());
  fail(ErrorCode::NOT_FOUND,
       "there is no interface \"" + name + "\"" +
           (nearest.empty() ? "; `stave schema` lists them" : "; did you mean " + nearest + "?"));
}

capnp::InterfaceSchema::Method InterfaceSchemas::method(const std::string& path) {
  auto dot = path.find('.');
  if (dot == std::string::npos) {
    fail(ErrorCode::INVALID, "\"" + path + "\" is not of the form Interface.method");
  }
  auto schema = interface(path.substr(0, dot));
  auto name = path.substr(dot + 1);
  KJ_IF_MAYBE (method, schema.findMethodByName(name)) {
    return *method;
  }
  std::vector<std::string> names;
  for (auto method : schema.getMethods()) names.emplace_back(method.getProto().getName().cStr());
  auto nearest = nearestName(name, names);
  fail(ErrorCode::NOT_FOUND, path.substr(0, dot) + " has no method \"" + name + "\"" +
                                 (nearest.empty() ? "" : "; did you mean " + nearest + "?"));
}

Json InterfaceSchemas::describe(capnp::InterfaceSchema interface) const {
  Json methods = Json::object();
  for (auto method : interface.getMethods()) {
    methods[method.getProto().getName().cStr()] = {{"params", fields(method.getParamType())},
                                                   {"results", fields(method.getResultType())}};
  }
  return {{"interface", shortName(interface)}, {"methods", methods}};
}

capnp::DynamicCapability::Client entryPoint(Session& session, capnp::InterfaceSchema interface,
                                            const std::string& plugin) {
  auto& client = session.client();
  auto name = shortName(interface);
  capnp::Capability::Client target = nullptr;
  if (name == "Kernel") {
    target = client.kernel;
  } else if (name == "Objects") {
    target = client.objects;
  } else if (name == "EventBus") {
    target = client.events;
  } else if (name == "Plugins") {
    target = client.kernel.pluginsRequest().send().getPlugins();
  } else {
    auto slash = plugin.find('/');
    bool kindGiven = slash != std::string::npos;
    target = client.anyService(kindGiven ? plugin.substr(0, slash) : kindOffering(name),
                               kindGiven ? plugin.substr(slash + 1) : plugin);
  }
  return target.castAs<capnp::DynamicCapability>(interface);
}

}  // namespace stave::cli
