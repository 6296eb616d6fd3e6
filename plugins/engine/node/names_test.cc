#include "names.h"

#include <gtest/gtest.h>

namespace stave::node {
namespace {

const std::string uid(64, 'a');

TEST(Names, TheFirstContainerHasThePodsUid) {
  EXPECT_EQ(containerId(uid, "main", true, false), uid);
}

TEST(Names, OtherContainersHaveIdsOfTheirOwn) {
  auto other = containerId(uid, "side", false, false);
  EXPECT_TRUE(isOurId(other));
  EXPECT_NE(other, containerId(uid, "side", false, true));
  EXPECT_EQ(other, containerId(uid, "side", false, false));
}

TEST(Names, EndpointsTellTheirPod) {
  EXPECT_EQ(podOfEndpoint(endpointId(uid, "my-net")), uid);
  EXPECT_EQ(podOfEndpoint("vpn-peer"), "");
  EXPECT_EQ(podOfEndpoint(uid), "");
}

TEST(Names, KnowsForeignIds) {
  EXPECT_TRUE(isOurId(uid));
  EXPECT_FALSE(isOurId("build-1"));
  EXPECT_FALSE(isOurId(std::string(64, 'G')));
}

}  // namespace
}  // namespace stave::node
