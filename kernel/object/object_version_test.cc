#include "kernel/object/object_version.h"

#include <gtest/gtest.h>
#include <stave/schema/objects/system.capnp.h>

#include "kernel/object/test_versions.h"

namespace stave::testing {
namespace {

FillObject described(const std::string& text) {
  return [text](schema::Object::Builder object) {
    object.getMetadata().initCreatedBy().setReason("made");
    object.getMetadata().initChangedBy().setReason("changed");
    object.getSpec().initAs<schema::NamespaceSpec>().setDescription(text.c_str());
  };
}

std::string descriptionOf(const VersionPtr& version) {
  return version->object().getSpec().getAs<schema::NamespaceSpec>().getDescription().cStr();
}

TEST(ObjectVersionTest, FillsInWhatOnlyTheStoreKnows) {
  auto version = versionOf({"Namespace", "", "a"}, 9, described("x"), 4);
  EXPECT_EQ(version->revision(), 9u);
  EXPECT_EQ(version->createRevision(), 4u);
  EXPECT_EQ(version->metadata().getRevision(), 9u);
  EXPECT_EQ(version->metadata().getChangedBy().getRevision(), 9u);
  EXPECT_EQ(version->metadata().getCreatedBy().getRevision(), 4u);
  EXPECT_EQ(version->uid(), "uid-a");
}

TEST(ObjectVersionTest, CausesThatAreNotThereStayAway) {
  auto version = versionOf({"Namespace", "", "a"}, 9);
  EXPECT_FALSE(version->metadata().hasChangedBy());
  EXPECT_FALSE(version->metadata().hasCreatedBy());
}

TEST(ObjectVersionTest, IsReadBackFromTheStoresBytes) {
  capnp::MallocMessageBuilder message;
  auto object = message.initRoot<schema::Object>();
  object.initMetadata().setUid("u");
  described("text")(object);
  auto words = encodeMessage(message);
  ObjectKey key{"Namespace", "", "a"};
  auto bytes = words.asBytes();
  // The store's bytes may lie anywhere.
  std::string shifted = "x" + std::string(bytes.asChars().begin(), bytes.size());
  auto version = ObjectVersion::decode(key, dataOf(std::string_view(shifted).substr(1)), 2, 3);
  EXPECT_EQ(version->key(), key);
  EXPECT_EQ(version->uid(), "u");
  EXPECT_EQ(version->revision(), 3u);
  EXPECT_EQ(descriptionOf(version), "text");
}

TEST(ObjectVersionTest, BrokenBytesAreAnError) {
  ObjectKey key{"Namespace", "", "a"};
  for (std::string bytes : {"", "short", "\xff\xff\xff\xff\xff\xff\xff\xff"}) {
    EXPECT_ANY_THROW(ObjectVersion::decode(key, dataOf(bytes), 1, 1)) << bytes;
  }
}

TEST(ObjectVersionTest, ARemovalKeepsTheLastStateAtItsOwnRevision) {
  auto before = versionOf({"Namespace", "", "a"}, 5, described("last"), 2);
  auto removed = ObjectVersion::removedAt(*before, 8);
  EXPECT_EQ(descriptionOf(removed), "last");
  EXPECT_EQ(removed->revision(), 8u);
  EXPECT_EQ(removed->createRevision(), 2u);
  EXPECT_EQ(before->revision(), 5u);
  EXPECT_EQ(before->metadata().getRevision(), 5u);
}

TEST(ObjectVersionTest, KnowsItsSize) {
  auto small = versionOf({"Namespace", "", "a"}, 1, described("x"));
  auto large = versionOf({"Namespace", "", "a"}, 1, described(std::string(8000, 'x')));
  EXPECT_GE(large->words(), small->words() + 990);
}

}  // namespace
}  // namespace stave::testing
