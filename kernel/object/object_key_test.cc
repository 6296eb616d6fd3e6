#include "kernel/object/object_key.h"

#include <gtest/gtest.h>

namespace stave {
namespace {

TEST(ObjectKeyTest, ReadsBackWhatItWrote) {
  for (auto& key : {ObjectKey{"Pod", "default", "web"}, ObjectKey{"Node", "", "here"},
                    ObjectKey{"Image", "", "docker.io/library/debian:12"}}) {
    EXPECT_EQ(ObjectKey::parse(key.storeKey()), key) << key.storeKey();
  }
}

TEST(ObjectKeyTest, TextIsForPeople) {
  EXPECT_EQ((ObjectKey{"Pod", "default", "web"}).text(), "pod default/web");
  EXPECT_EQ((ObjectKey{"CronJob", "a", "B"}).text(), "cronjob a/B");
  EXPECT_EQ((ObjectKey{"Image", "", "x/y"}).text(), "image x/y");
  EXPECT_EQ((ObjectKey{"Node", "", "a\x1b[1m\x7f"}).text(), "node a\\x1b[1m\\x7f");
}

TEST(ObjectKeyTest, WhatIsNoKeyIsNone) {
  for (auto* text : {"", "/o/", "/o/Pod", "/o/Pod/default", "/o/Pod/default/", "/o//default/web",
                     "/k/Pod/default/web", "o/Pod/default/web"}) {
    EXPECT_FALSE(ObjectKey::parse(text)) << text;
  }
}

TEST(ObjectKeyTest, TheStoresRangeHoldsObjectsAndKinds) {
  auto inRange = [](const std::string& key) {
    return key >= storeRangeStart && key < storeRangeEnd;
  };
  EXPECT_TRUE(inRange((ObjectKey{"Pod", "default", "\xff"}).storeKey()));
  EXPECT_TRUE(inRange(std::string(kindPrefix) + "Lamp"));
  EXPECT_FALSE(inRange("/o0"));
  EXPECT_FALSE(inRange("/j/x"));
}

TEST(ObjectKeyTest, OrderIsKindNamespaceName) {
  EXPECT_LT((ObjectKey{"Pod", "a", "z"}), (ObjectKey{"Pod", "b", "a"}));
  EXPECT_LT((ObjectKey{"Node", "", "z"}), (ObjectKey{"Pod", "", "a"}));
}

}  // namespace
}  // namespace stave
