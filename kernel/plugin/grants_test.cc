#include "kernel/plugin/grants.h"

#include <gtest/gtest.h>

#include "stave/error.h"

namespace stave::plugin {
namespace {

TEST(GrantsTest, NothingIsGrantedByDefault) {
  Grants grants("network/bridge", {});
  EXPECT_FALSE(grants.anyObjects());
  EXPECT_FALSE(grants.objects("Pod"));
  EXPECT_FALSE(grants.events());
  EXPECT_FALSE(grants.kernel());
  EXPECT_FALSE(grants.service("content", "local"));
}

TEST(GrantsTest, ObjectsOfOneKind) {
  Grants grants("x/y", {"objects:Pod"});
  EXPECT_TRUE(grants.anyObjects());
  EXPECT_TRUE(grants.objects("Pod"));
  EXPECT_FALSE(grants.objects("Secret"));
}

TEST(GrantsTest, ServicesByKindOrName) {
  Grants grants("x/y", {"storage/overlay", "network"});
  EXPECT_TRUE(grants.service("storage", "overlay"));
  EXPECT_FALSE(grants.service("storage", "copy"));
  EXPECT_TRUE(grants.service("network", "none"));
}

TEST(GrantsTest, DenialNamesGrantAndTable) {
  Grants grants("network/bridge", {});
  KJ_IF_MAYBE (exception,
               kj::runCatchingExceptions([&]() { grants.deny("the object store", "objects"); })) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::DENIED);
    EXPECT_NE(textOf(*exception).find("\"objects\""), std::string::npos);
    EXPECT_NE(textOf(*exception).find("[network.bridge]"), std::string::npos);
  } else {
    ADD_FAILURE() << "nothing was denied";
  }
}

TEST(GrantsTest, MalformedGrantsAreRefused) {
  for (auto grant : {"", "objects:", "/x", "x/", "a b"})
    EXPECT_THROW(Grants("x/y", {grant}), kj::Exception) << grant;
}

}  // namespace
}  // namespace stave::plugin
