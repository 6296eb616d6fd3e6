#include <gtest/gtest.h>
#include <kj/exception.h>
#include <stave/net/nftables.h>
#include <stave/net/private_network.h>

namespace stave::net {
namespace {

TEST(Nftables, ChangesAllOrNothing) {
  PrivateNetwork network;
  Nftables nftables;
  EXPECT_EQ(nftables.list("list table inet mine"), "");
  EXPECT_THROW(nftables.run("add table inet mine\nadd element inet mine nosuchset { 1 }\n"),
               kj::Exception);
  EXPECT_EQ(nftables.list("list table inet mine"), "");
  nftables.run("add table inet mine\n");
  EXPECT_NE(nftables.list("list table inet mine"), "");
}

}  // namespace
}  // namespace stave::net
