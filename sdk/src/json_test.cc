#include <capnp/message.h>
#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/json.h>
#include <stave/schema/kernel.capnp.h>
#include <stave/schema/object.capnp.h>
#include <stave/schema/objects/pod.capnp.h>
#include <stave/schema/objects/system.capnp.h>

#include <nlohmann/json.hpp>

namespace stave {
namespace {

/// One message of type T, filled from JSON and read back.
template <typename T>
struct Message {
  capnp::MallocMessageBuilder builder;
  typename T::Builder root = builder.initRoot<T>();

  capnp::DynamicStruct::Builder dynamic() { return capnp::toDynamic(root); }
  void decode(std::string_view text, const json::Options& options = {}) {
    json::decodeText(text, dynamic(), "spec", options);
  }
  nlohmann::json encode(const json::Options& options = {}) {
    return json::encode(dynamic().asReader(), options);
  }
};

/// The error's text; empty if there is none.
template <typename T>
std::string errorOf(std::string_view text) {
  Message<T> message;
  std::string result;
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { message.decode(text); })) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::INVALID);
    result = textOf(*exception);
  }
  return result;
}

TEST(JsonDecode, FillsNestedFields) {
  Message<schema::PodSpec> pod;
  pod.decode(R"({"containers": [{"name": "main", "image": "debian", "command": ["sleep", "1"],
                 "terminal": true, "oomScoreAdj": -5}], "desired": "paused"})");
  auto container = pod.root.getContainers()[0];
  EXPECT_EQ(container.getName(), "main");
  EXPECT_EQ(container.getCommand()[1], "1");
  EXPECT_TRUE(container.getTerminal());
  EXPECT_EQ(container.getOomScoreAdj(), -5);
  EXPECT_EQ(pod.root.getDesired(), schema::PodSpec::Desired::PAUSED);
}

TEST(JsonDecode, TakesQuantitiesWhereTheFieldIsMarked) {
  Message<schema::PodSpec> pod;
  pod.decode(R"({"stopTimeoutMs": "1m30s", "containers": [{"shmSize": "128m",
                 "resources": {"memory": "2GiB", "memorySwap": -1, "cpuMillis": "500"}}]})");
  auto container = pod.root.getContainers()[0];
  EXPECT_EQ(pod.root.getStopTimeoutMs(), 90'000);
  EXPECT_EQ(container.getShmSize(), 128ull << 20);
  EXPECT_EQ(container.getResources().getMemory(), 2ull << 30);
  EXPECT_EQ(container.getResources().getMemorySwap(), -1);
  EXPECT_EQ(container.getResources().getCpuMillis(), 500);
}

TEST(JsonDecode, RefusesAQuantityWhereTheFieldIsNotMarked) {
  EXPECT_EQ(errorOf<schema::Resources>(R"({"cpuMillis": "1k"})"),
            "spec.cpuMillis: expected a number, got text");
}

TEST(JsonDecode, NamesThePathAndTheNearestField) {
  EXPECT_EQ(errorOf<schema::PodSpec>(R"({"containers": [{"name": "a"}, {"imag": "x"}]})"),
            "spec.containers[1]: there is no field \"imag\"; did you mean \"image\"?");
}

TEST(JsonDecode, NamesTheNearestEnumerant) {
  EXPECT_EQ(errorOf<schema::PodSpec>(R"({"desired": "runing"})"),
            "spec.desired: \"runing\" is not one of its values; did you mean \"running\"?");
}

TEST(JsonDecode, ListsTheNamesIfNoneIsNear) {
  EXPECT_EQ(errorOf<schema::KeyValue>(R"({"zzzz": 1})"),
            "spec: there is no field \"zzzz\"; known are key, value");
}

TEST(JsonDecode, RefusesNumbersOutOfRange) {
  EXPECT_EQ(errorOf<schema::PortMapping>(R"({"hostPort": 65536})"),
            "spec.hostPort: 65536 is out of range; it must be from 0 to 65535");
  EXPECT_EQ(errorOf<schema::PortMapping>(R"({"hostPort": -1})"),
            "spec.hostPort: -1 is out of range; it must be from 0 to 65535");
  EXPECT_EQ(errorOf<schema::PortMapping>(R"({"hostPort": 1.5})"),
            "spec.hostPort: expected a whole number, got 1.5");
  EXPECT_EQ(errorOf<schema::Resources>(R"({"memorySwap": 9223372036854775808})"),
            "spec.memorySwap: 9223372036854775808 is out of range; it must be from "
            "-9223372036854775808 to 9223372036854775807");
}

TEST(JsonDecode, RefusesWrongTypes) {
  EXPECT_EQ(errorOf<schema::PodContainer>(R"({"image": 5})"),
            "spec.image: expected text, got a number");
  EXPECT_EQ(errorOf<schema::PodContainer>(R"({"terminal": "yes"})"),
            "spec.terminal: expected true or false, got text");
  EXPECT_EQ(errorOf<schema::PodContainer>(R"({"command": "ls"})"),
            "spec.command: expected a list, got text");
  EXPECT_EQ(errorOf<schema::PodContainer>(R"({"command": [null]})"),
            "spec.command[0]: expected text, got null");
  EXPECT_EQ(errorOf<schema::PodContainer>("[]"), "spec: expected an object, got a list");
  EXPECT_EQ(errorOf<schema::PodContainer>(R"({"image": "a\u0000b"})"),
            "spec.image: text cannot hold a zero byte");
}

TEST(JsonDecode, RefusesTwoMembersOfAUnion) {
  EXPECT_EQ(errorOf<schema::PodVolume>(R"({"name": "v", "hostPath": "/a", "volume": "b"})"),
            "spec: only one of \"hostPath\" and \"volume\" can be given");
  EXPECT_EQ(errorOf<schema::PodVolume>(R"({"empty": false})"),
            "spec.empty: expected true or null, got false");
}

TEST(JsonDecode, RefusesBrokenText) {
  EXPECT_NE(errorOf<schema::KeyValue>("{").find("spec: not valid JSON: parse error at line 1"),
            std::string::npos);
  EXPECT_EQ(errorOf<schema::KeyValue>(R"({"key": "a", "key": "b"})"),
            "spec: \"key\" stands twice in one object");
}

TEST(JsonDecode, NullLeavesTheDefault) {
  Message<schema::PodSpec> pod;
  pod.decode(R"({"stopTimeoutMs": null, "containers": null})");
  EXPECT_EQ(pod.root.getStopTimeoutMs(), 10'000);
  EXPECT_FALSE(pod.root.hasContainers());
}

TEST(JsonUnion, RoundTripsEachMember) {
  for (auto text : {R"({"empty":true,"name":"v"})", R"({"hostPath":"/a","name":"v"})",
                    R"({"name":"v","tmpfs":{"sizeBytes":5}})"}) {
    Message<schema::PodVolume> volume;
    volume.decode(text);
    EXPECT_EQ(volume.encode().dump(), text);
  }
}

TEST(JsonUnion, NullChoosesAVoidMember) {
  Message<schema::PodVolume> volume;
  volume.root.setHostPath("/before");
  volume.decode(R"({"empty": null})");
  EXPECT_TRUE(volume.root.isEmpty());
}

TEST(JsonKeyValues, AreAnObjectOrAList) {
  Message<schema::Metadata> object, list;
  object.decode(R"({"labels": {"a": "1", "b": ""}})");
  list.decode(R"({"labels": [{"key": "a", "value": "1"}, {"key": "b"}]})");
  EXPECT_EQ(object.encode().dump(), R"({"labels":{"a":"1","b":""}})");
  EXPECT_EQ(list.encode(), object.encode());
  EXPECT_EQ(errorOf<schema::Metadata>(R"({"labels": {"a": 1}})"),
            "spec.labels.a: expected text (in quotes), got a number");
}

TEST(JsonKeyValues, StayAListIfAKeyRepeats) {
  Message<schema::Metadata> list;
  list.decode(R"({"labels": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]})");
  EXPECT_EQ(list.encode()["labels"].size(), 2);
  EXPECT_TRUE(list.encode()["labels"].is_array());
}

TEST(JsonData, IsBase64AndSecretsAreHidden) {
  Message<schema::SecretEntry> entry;
  entry.decode(R"({"key": "password", "value": "aGVsbG8="})");
  EXPECT_EQ(kj::str(entry.root.getValue().asChars()), "hello");
  EXPECT_EQ(entry.encode()["value"], "aGVsbG8=");
  json::Options hide;
  hide.showSecrets = false;
  EXPECT_EQ(entry.encode(hide)["value"], "***");
  EXPECT_EQ(errorOf<schema::SecretEntry>(R"({"value": "?"})"), "spec.value: not valid base64");
}

TEST(JsonEncode, LeavesDefaultsOutUnlessAsked) {
  Message<schema::RestartPolicy> policy;
  EXPECT_EQ(policy.encode().dump(), "{}");
  json::Options all;
  all.defaults = true;
  EXPECT_EQ(policy.encode(all).dump(), R"({"maximumRetries":0,"mode":"never"})");
}

TEST(JsonEncode, KeepsAll64Bits) {
  Message<schema::Resources> resources;
  resources.decode(R"({"memory": 18446744073709551615, "memorySwap": "-9223372036854775808"})");
  EXPECT_EQ(resources.encode()["memory"].dump(), "18446744073709551615");
  EXPECT_EQ(resources.encode()["memorySwap"].dump(), "-9223372036854775808");
}

TEST(JsonEncode, SurvivesTextThatIsNotUtf8) {
  Message<schema::KeyValue> pair;
  pair.root.setKey("\xff");
  EXPECT_EQ(json::encodeText(pair.dynamic().asReader(), false), "{\"key\":\"\uFFFD\"}");
}

TEST(JsonAnyPointer, FollowsTheSchemaThatIsResolved) {
  json::AnyPointerSchema resolve = [](capnp::DynamicStruct::Reader parent,
                                      capnp::StructSchema::Field) {
    auto kind = parent.as<schema::Object>().getMetadata().getKind();
    kj::Maybe<capnp::StructSchema> result;
    if (kind == "Pod") result = capnp::Schema::from<schema::PodSpec>();
    return result;
  };
  json::Options options;
  options.anyPointer = &resolve;
  Message<schema::Object> object;
  auto text = R"({"metadata":{"kind":"Pod"},"spec":{"hostname":"h"}})";
  object.decode(text, options);
  EXPECT_EQ(object.root.getSpec().getAs<schema::PodSpec>().getHostname(), "h");
  EXPECT_EQ(object.encode(options).dump(), text);
  EXPECT_EQ(object.encode().dump(), R"({"metadata":{"kind":"Pod"}})");
  EXPECT_EQ(errorOf<schema::Object>(R"({"spec": {}})"),
            "spec.spec: the type of this value is not known; is the kind given and right?");
}

TEST(JsonCapability, PassesThroughTheHooks) {
  kj::Function<nlohmann::json(capnp::DynamicCapability::Client)> encode =
      [](capnp::DynamicCapability::Client client) {
        return nlohmann::json{{"interface", client.getSchema().getShortDisplayName().cStr()}};
      };
  kj::Function<capnp::DynamicCapability::Client(const nlohmann::json&, capnp::InterfaceSchema)>
      decode = [](const nlohmann::json& value, capnp::InterfaceSchema schema) {
        EXPECT_EQ(value, 7);
        return capnp::Capability::Client(KJ_EXCEPTION(FAILED, "never called"))
            .castAs<capnp::DynamicCapability>(schema);
      };
  json::Options options;
  options.encodeCapability = &encode;
  options.decodeCapability = &decode;
  Message<schema::EventBus::SubscribeParams> parameters;
  parameters.decode(R"({"sink": 7})", options);
  EXPECT_EQ(parameters.encode(options).dump(), R"({"sink":{"interface":"EventSink"}})");
  EXPECT_EQ(errorOf<schema::EventBus::SubscribeParams>(R"({"sink": 7})"),
            "spec.sink: a capability cannot be given here");
}

TEST(JsonCapability, AnyCapabilityHasNoInterface) {
  kj::Function<capnp::DynamicCapability::Client(const nlohmann::json&, capnp::InterfaceSchema)>
      decode = [](const nlohmann::json&, capnp::InterfaceSchema schema) {
        return capnp::Capability::Client(KJ_EXCEPTION(FAILED, "never called"))
            .castAs<capnp::DynamicCapability>(schema);
      };
  json::Options options;
  options.decodeCapability = &decode;
  Message<schema::Kernel::ServiceResults> results;
  results.decode(R"({"service": {"$cap": 1}})", options);
  EXPECT_TRUE(results.root.hasService());
}

TEST(JsonDecodeField, SetsAndClearsOneField) {
  Message<schema::PodSpec> pod;
  auto field = capnp::Schema::from<schema::PodSpec>().getFieldByName("stopTimeoutMs");
  json::decodeField("2s", pod.dynamic(), field, "timeout");
  EXPECT_EQ(pod.root.getStopTimeoutMs(), 2'000);
  json::decodeField(nullptr, pod.dynamic(), field, "timeout");
  EXPECT_EQ(pod.root.getStopTimeoutMs(), 10'000);
}

}  // namespace
}  // namespace stave
