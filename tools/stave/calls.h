#pragma once

#include <stave/json.h>
#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <map>
#include <memory>

#include "object_json.h"
#include "schemas.h"

namespace stave::cli {

/// Calls any method of any interface with JSON. Capabilities that come back get a number, by which
/// they can be called and given; {"$sink": "name"} given for one makes one whose calls are told to
/// `onSink`.
class Caller {
 public:
  Caller(Session& session, std::function<void(const nlohmann::json&)> onSink);

  /// `on`: null, or {"$cap": n}. `plugin`: which, if the interface is a plug-in's.
  kj::Promise<nlohmann::json> call(const std::string& path, const nlohmann::json& on,
                                   const nlohmann::json& parameters, const std::string& plugin);
  void release(uint64_t number);

 private:
  nlohmann::json encodeCapability(capnp::DynamicCapability::Client client);
  capnp::DynamicCapability::Client decodeCapability(const nlohmann::json& value,
                                                    capnp::InterfaceSchema schema);
  capnp::DynamicCapability::Client held(const nlohmann::json& value);

  Session& session_;
  InterfaceSchemas interfaces_;
  KindSchemas kinds_;
  std::function<void(const nlohmann::json&)> onSink_;
  std::map<uint64_t, capnp::DynamicCapability::Client> held_;
  uint64_t next_ = 1;
  kj::Function<nlohmann::json(capnp::DynamicCapability::Client)> encode_;
  kj::Function<capnp::DynamicCapability::Client(const nlohmann::json&, capnp::InterfaceSchema)>
      decode_;
  json::Options options_;
};

}  // namespace stave::cli
