#include "kernel/plugin/method_table.h"

#include <capnp/message.h>
#include <gtest/gtest.h>
#include <stave/schema/plugin.capnp.h>
#include <stave/schema/storage.capnp.h>
#include <stave/schema/store.capnp.h>

namespace stave::plugin {
namespace {

template <typename Interface>
MethodTraits traitsOf(MethodTable& table, const char* name) {
  auto interface = capnp::InterfaceSchema(capnp::Schema::from<Interface>());
  return table.traits(capnp::typeId<Interface>(), interface.getMethodByName(name).getIndex());
}

TEST(MethodTableTest, SaysWhatTheSchemaSays) {
  MethodTable table;
  auto prepare = traitsOf<schema::Storage>(table, "prepare");
  EXPECT_EQ(prepare.name, "Storage.prepare");
  EXPECT_FALSE(prepare.idempotent);
  EXPECT_FALSE(prepare.unbounded);
  EXPECT_TRUE(traitsOf<schema::Storage>(table, "layers").idempotent);
  auto unpack = traitsOf<schema::Storage>(table, "unpack");
  EXPECT_TRUE(unpack.unbounded);
  EXPECT_FALSE(unpack.idempotent);
}

TEST(MethodTableTest, WhatNobodyDescribedIsBoundedAndNotRepeated) {
  MethodTable table;
  auto unknown = table.traits(0xabcdef0123456789, 7);
  EXPECT_EQ(unknown.name, "interface abcdef0123456789 method 7");
  EXPECT_FALSE(unknown.idempotent);
  EXPECT_FALSE(unknown.unbounded);
  auto beyond = table.traits(capnp::typeId<schema::Store>(), 999);
  EXPECT_NE(beyond.name.find("method 999"), std::string::npos);
}

/// An interface as a plug-in brings it, with one method that may be repeated.
void fillInterface(capnp::schema::Node::Builder node, uint64_t id) {
  node.setId(id);
  node.setDisplayName("lamp.capnp:Lamp");
  node.setDisplayNamePrefixLength(11);
  auto method = node.initInterface().initMethods(1)[0];
  method.setName("shine");
  method.setParamStructType(id + 1);
  method.setResultStructType(id + 1);
  auto annotation = method.initAnnotations(1)[0];
  annotation.setId(0xc7a30b51f2e84d11);
  annotation.initValue().setVoid();
}

TEST(MethodTableTest, LearnsWhatPluginsBring) {
  constexpr uint64_t id = 0xabcdef0123456701;
  MethodTable table;
  size_t before = table.all().size();
  capnp::MallocMessageBuilder message;
  auto nodes = message.initRoot<schema::PluginDescriptor>().initNodes(2);
  fillInterface(nodes[0], id);
  nodes[1].setId(id + 1);
  nodes[1].setDisplayName("lamp.capnp:Lamp.nothing");
  nodes[1].initStruct().setPreferredListEncoding(capnp::schema::ElementSize::EMPTY);
  table.add(nodes.asReader());
  auto shine = table.traits(id, 0);
  EXPECT_EQ(shine.name, "Lamp.shine");
  EXPECT_TRUE(shine.idempotent);
  EXPECT_GE(table.all().size(), before + 2);
}

}  // namespace
}  // namespace stave::plugin
