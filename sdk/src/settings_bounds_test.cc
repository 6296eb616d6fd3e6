#include "settings_bounds.h"

#include <capnp/message.h>
#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/json.h>
#include <stave/schema/objects/pod.capnp.h>
#include <stave/schema/objects/workload.capnp.h>

#include <nlohmann/json.hpp>

namespace stave {
namespace {

template <typename Struct>
std::string errorOf(const std::string& text) {
  capnp::MallocMessageBuilder message;
  capnp::DynamicStruct::Builder value(message.initRoot<Struct>());
  auto given = nlohmann::json::parse(text);
  json::decode(given, value, "");
  KJ_IF_MAYBE (exception,
               kj::runCatchingExceptions([&]() { checkBounds(given, value.asReader()); })) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::INVALID);
    return textOf(*exception);
  }
  return "";
}

TEST(SettingsBoundsTest, BoundsBelongToTheRange) {
  EXPECT_EQ(errorOf<schema::PodContainer>(R"({"oomScoreAdj": 1000})"), "");
  EXPECT_EQ(errorOf<schema::PodContainer>(R"({"oomScoreAdj": -1000})"), "");
  EXPECT_EQ(errorOf<schema::PodContainer>(R"({"oomScoreAdj": 1001})"),
            "oomScoreAdj: must be at most 1000, not 1001");
  EXPECT_EQ(errorOf<schema::PodContainer>(R"({"oomScoreAdj": -1001})"),
            "oomScoreAdj: must be at least -1000, not -1001");
}

TEST(SettingsBoundsTest, ATextIsBoundedByItsLength) {
  EXPECT_EQ(errorOf<schema::PodSpec>(R"({"hostname": "web"})"), "");
  EXPECT_EQ(errorOf<schema::PodSpec>(R"({"hostname": ")" + std::string(65, 'x') + "\"}"),
            "hostname: must be at most 64 bytes, not 65");
}

TEST(SettingsBoundsTest, WhatIsNotGivenKeepsItsDefault) {
  EXPECT_EQ(errorOf<schema::ServicePort>(R"({"name": "http"})"), "");
  EXPECT_EQ(errorOf<schema::ServicePort>(R"({"port": null})"), "");
  EXPECT_EQ(errorOf<schema::ServicePort>(R"({"port": 0})"), "port: must be at least 1, not 0");
}

TEST(SettingsBoundsTest, ListsAndStructsAreLookedInto) {
  EXPECT_EQ(errorOf<schema::ServiceSpec>(R"({"ports": [{"port": 80}, {"port": 0}]})"),
            "ports[1].port: must be at least 1, not 0");
}

}  // namespace
}  // namespace stave
