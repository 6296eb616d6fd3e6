#include "calls.h"

#include <stave/error.h>

#include <nlohmann/json.hpp>

namespace stave::cli {

using Json = nlohmann::json;

namespace {

/// An object of ours whose every call becomes a line.
class Sink final : public capnp::DynamicCapability::Server {
 public:
  Sink(capnp::InterfaceSchema schema, std::string name, const json::Options& options,
       std::function<void(const Json&)> tell)
      : Server(schema), name_(std::move(name)), options_(options), tell_(std::move(tell)) {}

  kj::Promise<void> call(
      capnp::InterfaceSchema::Method method,
      capnp::CallContext<capnp::DynamicStruct, capnp::DynamicStruct> context) override {
    tell_({{"sink", name_},
           {"method", method.getProto().getName().cStr()},
           {"params", json::encode(context.getParams(), options_)}});
    return kj::READY_NOW;
  }

 private:
  std::string name_;
  const json::Options& options_;
  std::function<void(const Json&)> tell_;
};

}  // namespace

Caller::Caller(Session& session, std::function<void(const Json&)> onSink)
    : session_(session),
      interfaces_(session),
      kinds_(session),
      onSink_(std::move(onSink)),
      encode_([this](capnp::DynamicCapability::Client client) {
        return encodeCapability(kj::mv(client));
      }),
      decode_([this](const Json& value, capnp::InterfaceSchema schema) {
        return decodeCapability(value, schema);
      }) {
  options_.anyPointer = &kinds_.resolver();
  options_.encodeCapability = &encode_;
  options_.decodeCapability = &decode_;
}

Json Caller::encodeCapability(capnp::DynamicCapability::Client client) {
  auto number = next_++;
  std::string interface = client.getSchema().getShortDisplayName().cStr();
  held_.emplace(number, kj::mv(client));
  return {{"$cap", number}, {"interface", interface}};
}

capnp::DynamicCapability::Client Caller::held(const Json& value) {
  if (!value.is_object() || !value.contains("$cap") || !value["$cap"].is_number_unsigned()) {
    fail(ErrorCode::INVALID, "expected {\"$cap\": number}, got " + value.dump());
  }
  auto found = held_.find(value["$cap"].get<uint64_t>());
  if (found == held_.end()) {
    fail(ErrorCode::NOT_FOUND, "there is no capability " + value["$cap"].dump() + " (any more)");
  }
  return found->second;
}

capnp::DynamicCapability::Client Caller::decodeCapability(const Json& value,
                                                          capnp::InterfaceSchema schema) {
  if (value.is_object() && value.contains("$sink")) {
    if (!value["$sink"].is_string()) fail(ErrorCode::INVALID, "the name of a $sink must be text");
    auto name = value["$sink"].get<std::string>();
    return kj::heap<Sink>(schema, name, options_, onSink_);
  }
  return held(value).castAs<capnp::DynamicCapability>(schema);
}

kj::Promise<Json> Caller::call(const std::string& path, const Json& on, const Json& parameters,
                               const std::string& plugin) {
  auto method = interfaces_.method(path);
  auto interface = method.getContainingInterface();
  auto target = on.is_null() ? entryPoint(session_, interface, plugin)
                             : held(on).castAs<capnp::DynamicCapability>(interface);
  auto request = target.newRequest(method);
  json::decode(parameters, request, "params", options_);
  return request.send().then([this](capnp::Response<capnp::DynamicStruct> reply) -> Json {
    return json::encode(capnp::DynamicStruct::Reader(reply), options_);
  });
}

void Caller::release(uint64_t number) {
  if (held_.erase(number) == 0) {
    fail(ErrorCode::NOT_FOUND, "there is no capability " + std::to_string(number) + " (any more)");
  }
}

}  // namespace stave::cli
