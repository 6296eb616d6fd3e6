#include "kernel/object/kinds.h"

#include "kernel/object/test_kernel.h"

namespace stave::testing {
namespace {

/// A kind as a plug-in brings it: its schema is not compiled into the kernel. The last digit of the
/// type's id and the names can be chosen.
void fillKind(schema::KindDefinition::Builder definition, const char* name, uint64_t id,
              const char* shortName, const char* names = "") {
  definition.setName(name);
  definition.setNames(names);
  definition.initShortNames(1).set(0, shortName);
  definition.setSpecType(id);
  auto node = definition.initNodes(1)[0];
  node.setId(id);
  node.setDisplayName("lamp.capnp:LampSpec");
  auto type = node.initStruct();
  type.setDataWordCount(1);
  type.setPreferredListEncoding(capnp::schema::ElementSize::INLINE_COMPOSITE);
  auto field = type.initFields(1)[0];
  field.setName("brightness");
  field.setDiscriminantValue(0xffff);
  auto slot = field.initSlot();
  slot.initType().setUint32();
  slot.initDefaultValue().setUint32(0);
  auto maximum = field.initAnnotations(1)[0];
  maximum.setId(0x8f51c2d6073ae914);
  maximum.initValue().setInt64(100);
  definition.initColumns(1)[0].setTitle("LIGHT");
  definition.getColumns()[0].setPath("spec.brightness");
}

constexpr uint64_t lampId = 0xabcdef0123456701;

std::string registerKind(TestKernel& kernel, const char* name, uint64_t id, const char* shortName,
                         const char* names = "") {
  return kernel.errorOf([&] {
    auto request = kernel.client().registerKindRequest();
    fillKind(request.initKind(), name, id, shortName, names);
    request.send().wait(kernel.io.waitScope);
  });
}

TEST(Kinds, FindsByAnyName) {
  Kinds kinds;
  for (const char* word : {"Pod", "pod", "PODS", "po"}) EXPECT_EQ(kinds.find(word).name, "Pod");
  EXPECT_EQ(kinds.all().size(), 16u);
  EXPECT_TRUE(kinds.find("Service").namespaced);
  EXPECT_FALSE(kinds.find("Image").namespaced);
}

TEST(Kinds, APluginsKindSurvivesARestart) {
  TestKernel kernel;
  EXPECT_EQ(registerKind(kernel, "Lamp", lampId, "la"), "");
  EXPECT_EQ(registerKind(kernel, "Lamp", lampId, "la"), "");
  EXPECT_EQ(kernel.fake.transactions, 1u);
  auto fill = [](schema::Object::Builder object) { object.getSpec().initAs<schema::NodeStatus>(); };
  EXPECT_EQ(kernel.errorOf([&] { kernel.commit(Op::CREATE, "lamps", "desk", fill); }), "");
  kernel.restart();
  EXPECT_TRUE(kernel.exists("la", "desk"));
  auto response = kernel.client().kindsRequest().send().wait(kernel.io.waitScope);
  EXPECT_EQ(response.getKinds().size(), 17u);
}

TEST(Kinds, RefusesContradictions) {
  TestKernel kernel;
  registerKind(kernel, "Lamp", lampId, "la");
  EXPECT_TRUE(registerKind(kernel, "Lamp", lampId + 1, "la").starts_with("conflict kind Lamp"));
  EXPECT_TRUE(registerKind(kernel, "Torch", lampId, "po")
                  .starts_with("conflict kind Torch: the name \"po\" belongs to the kind Pod"));
  EXPECT_TRUE(registerKind(kernel, "lamp", lampId, "l").starts_with("invalid kind \"lamp\""));
}

TEST(Kinds, APluginsKindSaysWhatItsNamesAre) {
  TestKernel kernel;
  EXPECT_EQ(registerKind(kernel, "Lamp", lampId, "la", "[a-z]+(/[a-z]+)*"), "");
  auto made = [&](const char* name) {
    return kernel.errorOf([&] { kernel.commit(Op::CREATE, "lamp", name); });
  };
  EXPECT_EQ(made("hall/left"), "");
  kernel.restart();
  EXPECT_EQ(made("hall/right"), "");
  EXPECT_EQ(made("hall-left").find("invalid lamp hall-left: metadata.name: "), 0u);
  EXPECT_EQ(registerKind(kernel, "Torch", lampId, "to", "[a-z")
                .find("invalid kind Torch: the pattern of names \"[a-z\" is not a regular"),
            0u);
}

TEST(Kinds, WhatExistsKeepsItsName) {
  TestKernel kernel;
  capnp::MallocMessageBuilder message;
  auto object = message.initRoot<schema::Object>();
  object.initMetadata().setKind("Namespace");
  object.getMetadata().setName("old name/of before");
  object.getMetadata().setUid(newUid().c_str());
  object.getSpec().initAs<schema::NamespaceSpec>();
  auto words = encodeMessage(message);
  kernel.fake.put(ObjectKey{"Namespace", "", "old name/of before"}.storeKey(),
                  std::string(words.asChars().begin(), words.asChars().end()));
  kernel.restart();
  auto does = [&](Op op) {
    return kernel.errorOf([&] { kernel.commit(op, "Namespace", "old name/of before"); });
  };
  EXPECT_EQ(does(Op::UPDATE), "");
  EXPECT_EQ(does(Op::APPLY), "");
  EXPECT_EQ(does(Op::DELETE), "");
  EXPECT_FALSE(kernel.exists("Namespace", "old name/of before"));
  EXPECT_NE(does(Op::CREATE), "");
}

TEST(Kinds, ValidatesAKindThatItWasNotBuiltWith) {
  TestKernel kernel;
  registerKind(kernel, "Lamp", lampId, "la");
  auto error = kernel.errorOf([&] {
    kernel.commit(Op::CREATE, "lamp", "desk", [](schema::Object::Builder object) {
      object.getSpec().initAs<schema::DaemonSetStatus>().setObservedGeneration(101);
    });
  });
  EXPECT_EQ(error, "invalid lamp desk: spec.brightness: must be at most 100, not 101");
}

}  // namespace
}  // namespace stave::testing
