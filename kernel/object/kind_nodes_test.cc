#include "kernel/object/kind_nodes.h"

#include <capnp/message.h>
#include <capnp/schema-loader.h>
#include <gtest/gtest.h>
#include <stave/schema/objects/pod.capnp.h>
#include <stave/schema/objects/system.capnp.h>

#include <set>

namespace stave {
namespace {

struct Collected {
  explicit Collected(std::vector<capnp::Schema> schemas) {
    NodeCollector collector;
    for (auto schema : schemas) collector.add(schema);
    collector.write(message.initRoot<schema::KindDefinition>());
  }

  std::multiset<uint64_t> ids() {
    std::multiset<uint64_t> found;
    for (auto node : nodes()) found.insert(node.getId());
    return found;
  }
  capnp::List<capnp::schema::Node>::Reader nodes() {
    return message.getRoot<schema::KindDefinition>().asReader().getNodes();
  }

  capnp::MallocMessageBuilder message;
};

TEST(KindNodesTest, GathersAllThatATypeNeeds) {
  Collected collected({capnp::Schema::from<schema::PodSpec>()});
  auto ids = collected.ids();
  for (auto id : {capnp::typeId<schema::PodSpec>(), capnp::typeId<schema::PodContainer>(),
                  capnp::typeId<schema::RestartPolicy>(), capnp::typeId<schema::KeyValue>(),
                  uint64_t(capnp::typeId<schema::PodSpec::Desired>())}) {
    EXPECT_EQ(ids.count(id), 1u) << id;
  }
}

TEST(KindNodesTest, TakesEachTypeOnce) {
  auto schema = capnp::Schema::from<schema::NodeStatus>();
  Collected once({schema}), twice({schema, schema});
  EXPECT_EQ(once.ids(), twice.ids());
}

TEST(KindNodesTest, WhatIsGatheredIsClosed) {
  Collected collected({capnp::Schema::from<schema::PodSpec>()});
  auto ids = collected.ids();
  for (auto node : collected.nodes()) {
    for (auto id : typesNeededBy(node))
      EXPECT_EQ(ids.count(id), 1u) << node.getDisplayName().cStr();
  }
  capnp::SchemaLoader loader;
  for (auto node : collected.nodes()) loader.load(node);
  EXPECT_TRUE(
      loader.get(capnp::typeId<schema::PodSpec>()).asStruct().findFieldByName("containers") !=
      nullptr);
}

TEST(KindNodesTest, NamesWhatFieldsNeed) {
  auto needed = typesNeededBy(capnp::Schema::from<schema::SecretSpec>().getProto());
  EXPECT_EQ(needed, std::vector<uint64_t>{capnp::typeId<schema::SecretEntry>()});
  EXPECT_TRUE(typesNeededBy(capnp::Schema::from<schema::NamespaceSpec>().getProto()).empty());
  auto enumeration = capnp::Schema::from<schema::PodSpec::Desired>().getProto();
  EXPECT_TRUE(typesNeededBy(enumeration).empty());
}

}  // namespace
}  // namespace stave
