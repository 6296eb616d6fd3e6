#include "kernel/object/object_cache.h"

#include <gtest/gtest.h>

#include "kernel/object/test_versions.h"

namespace stave::testing {
namespace {

FillObject ownedBy(const std::vector<std::string>& uids) {
  return [uids](schema::Object::Builder object) {
    auto owners = object.getMetadata().initOwners(uids.size());
    for (size_t i = 0; i < uids.size(); ++i) owners[i].setUid(uids[i].c_str());
  };
}

std::vector<std::string> namesOf(const ObjectCache& cache, const std::string& kind,
                                 const std::string& space = "") {
  std::vector<std::string> names;
  cache.forEach(kind, space, [&](auto& version) {
    names.push_back(version->key().space + "/" + version->key().name);
  });
  return names;
}

using Names = std::vector<std::string>;

TEST(ObjectCacheTest, ReplacesAndTellsWhatWasThere) {
  ObjectCache cache;
  auto first = podAt("a", 1), second = podAt("a", 2);
  EXPECT_EQ(cache.replace(podKey("a"), first), nullptr);
  EXPECT_EQ(cache.replace(podKey("a"), second), first);
  EXPECT_EQ(cache.find(podKey("a")), second);
  EXPECT_EQ(cache.replace(podKey("a"), nullptr), second);
  EXPECT_EQ(cache.replace(podKey("a"), nullptr), nullptr);
  EXPECT_EQ(cache.find(podKey("a")), nullptr);
  EXPECT_TRUE(cache.all().empty());
}

TEST(ObjectCacheTest, FindsByUid) {
  ObjectCache cache;
  auto pod = podAt("a", 1);
  cache.replace(pod->key(), pod);
  EXPECT_EQ(cache.findUid("uid-a"), pod);
  auto reborn = podAt("a", 2, [](auto object) { object.getMetadata().setUid("another"); });
  cache.replace(pod->key(), reborn);
  EXPECT_EQ(cache.findUid("uid-a"), nullptr);
  EXPECT_EQ(cache.findUid("another"), reborn);
  cache.replace(pod->key(), nullptr);
  EXPECT_EQ(cache.findUid("another"), nullptr);
}

TEST(ObjectCacheTest, VisitsAKindInOrder) {
  ObjectCache cache;
  for (auto& key : {podKey("b", "two"), podKey("z", "one"), podKey("a", "two"),
                    ObjectKey{"PodX", "one", "n"}, ObjectKey{"Node", "", "n"}}) {
    cache.replace(key, versionOf(key, 1));
  }
  EXPECT_EQ(namesOf(cache, "Pod"), (Names{"one/z", "two/a", "two/b"}));
  EXPECT_EQ(namesOf(cache, "Pod", "two"), (Names{"two/a", "two/b"}));
  EXPECT_EQ(namesOf(cache, "Pod", "tw"), Names{});
  EXPECT_EQ(namesOf(cache, "Job"), Names{});
}

TEST(ObjectCacheTest, KnowsWhatAnOwnerHas) {
  ObjectCache cache;
  cache.replace(podKey("a"), podAt("a", 1, ownedBy({"x", "y"})));
  cache.replace(podKey("b"), podAt("b", 2, ownedBy({"y", "y"})));
  EXPECT_EQ(cache.ownedBy("x"), std::vector<ObjectKey>{podKey("a")});
  EXPECT_EQ(cache.ownedBy("y"), (std::vector<ObjectKey>{podKey("a"), podKey("b")}));
  cache.replace(podKey("a"), podAt("a", 3, ownedBy({"z"})));
  EXPECT_TRUE(cache.ownedBy("x").empty());
  EXPECT_EQ(cache.ownedBy("z"), std::vector<ObjectKey>{podKey("a")});
  cache.replace(podKey("b"), nullptr);
  EXPECT_TRUE(cache.ownedBy("y").empty());
}

}  // namespace
}  // namespace stave::testing
