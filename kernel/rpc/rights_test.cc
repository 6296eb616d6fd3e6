#include "kernel/rpc/rights.h"

#include <gtest/gtest.h>

namespace stave::rpc {
namespace {

class RightsTest : public testing::Test {
 protected:
  ~RightsTest() noexcept override {}

  capnp::MallocMessageBuilder message;
  schema::EndpointConfig::Builder config = message.initRoot<schema::EndpointConfig>();

  void allow(const char* user, const char* group, schema::RightsConfig::Rights rights) {
    auto list = config.initRights(1);
    list[0].setUser(user);
    list[0].setGroup(group);
    list[0].setRights(rights);
  }
};

TEST_F(RightsTest, RootMayAll) {
  auto client = clientOf(os::PeerCredentials{0, {0}, 1}, config.asReader());
  EXPECT_EQ(client.rights, Rights::full);
  EXPECT_EQ(client.name, "user/root");
}

TEST_F(RightsTest, StrangerMayNothing) {
  EXPECT_EQ(clientOf(os::PeerCredentials{54321, {54321}, 1}, config.asReader()).rights,
            Rights::none);
}

TEST_F(RightsTest, EntryForUserNumber) {
  allow("54321", "", schema::RightsConfig::Rights::READ);
  EXPECT_EQ(clientOf(os::PeerCredentials{54321, {54321}, 1}, config.asReader()).rights,
            Rights::read);
  EXPECT_EQ(clientOf(os::PeerCredentials{54322, {54321}, 1}, config.asReader()).rights,
            Rights::none);
}

TEST_F(RightsTest, EntryForSupplementaryGroup) {
  allow("", "777", schema::RightsConfig::Rights::FULL);
  EXPECT_EQ(clientOf(os::PeerCredentials{54321, {54321, 777}, 1}, config.asReader()).rights,
            Rights::full);
}

TEST_F(RightsTest, SocketGroupHasFullRights) {
  config.setGroup("778");
  EXPECT_EQ(clientOf(os::PeerCredentials{54321, {778}, 1}, config.asReader()).rights, Rights::full);
}

TEST_F(RightsTest, CertificateNeedsAnEntry) {
  EXPECT_EQ(clientOf("alice", config.asReader()).rights, Rights::none);
  allow("alice", "", schema::RightsConfig::Rights::FULL);
  EXPECT_EQ(clientOf("alice", config.asReader()).rights, Rights::full);
  EXPECT_EQ(clientOf("", config.asReader()).rights, Rights::none);
}

}  // namespace
}  // namespace stave::rpc
