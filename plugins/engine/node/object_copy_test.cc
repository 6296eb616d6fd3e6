#include "object_copy.h"

#include <gtest/gtest.h>
#include <stave/schema/objects/pod.capnp.h>

namespace stave::node {
namespace {

struct CopyOfObject : ::testing::Test {
  ~CopyOfObject() noexcept override {}

  capnp::MallocMessageBuilder message;
  schema::Object::Builder object = message.initRoot<schema::Object>();
  schema::Metadata::Builder metadata = object.initMetadata();

  CopyOfObject() {
    metadata.setName("web");
    metadata.setUid("u1");
    object.getSpec().initAs<schema::PodSpec>().setNode("here");
  }
};

TEST_F(CopyOfObject, KeepsItsStateWhenTheMessageChanges) {
  metadata.setGeneration(3);
  ObjectCopy copy(object);
  metadata.setGeneration(4);
  object.getSpec().getAs<schema::PodSpec>().setNode("elsewhere");
  EXPECT_EQ(copy.name(), "web");
  EXPECT_EQ(copy.uid(), "u1");
  EXPECT_EQ(copy.generation(), 3u);
  EXPECT_STREQ(copy.spec<schema::PodSpec>().getNode().cStr(), "here");
}

TEST_F(CopyOfObject, KeyHasTheNamespaceIfThereIsOne) {
  EXPECT_EQ(ObjectCopy(object).key(), "web");
  metadata.setNamespace("default");
  EXPECT_EQ(ObjectCopy(object).key(), "default/web");
  EXPECT_EQ(keyOf("", "a"), "a");
  EXPECT_EQ(keyOf("x", "a"), "x/a");
}

TEST_F(CopyOfObject, IsDeletedFromWhenThatWasAskedFor) {
  EXPECT_FALSE(ObjectCopy(object).deleted());
  metadata.setDeleted(1);
  EXPECT_TRUE(ObjectCopy(object).deleted());
}

TEST_F(CopyOfObject, FinalizersAndAnnotationsAreFoundByTheirWholeName) {
  auto finalizers = metadata.initFinalizers(2);
  finalizers.set(0, "other");
  finalizers.set(1, "engine");
  auto annotations = metadata.initAnnotations(1);
  annotations[0].setKey("colour");
  annotations[0].setValue("blue");
  ObjectCopy copy(object);
  EXPECT_TRUE(copy.hasFinalizer("engine"));
  EXPECT_FALSE(copy.hasFinalizer("eng"));
  EXPECT_EQ(copy.annotation("colour"), "blue");
  EXPECT_EQ(copy.annotation("colours"), "");
}

}  // namespace
}  // namespace stave::node
