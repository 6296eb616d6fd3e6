#include "kernel/object/kinds.h"

#include "kernel/object/test_kernel.h"

namespace stave::testing {
namespace {

/// A kind as a plug-in brings it: its schema is not compiled into the kernel. The last digit of the
/// type's id and the names can be chosen.
void fillKind(schema::KindDefinition::Builder definition, const char* name, uint64_t id,
              const char* shortName) {
  definition.setName(name);
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

std::string registerKind(TestKernel& kernel, const char* name, uint64_t id, const char* shortName) {
  return kernel.errorOf([&] {
    auto request = kernel.client().registerKindRequest();
    fillKind(request.initKind(), name, id, shortName);
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
