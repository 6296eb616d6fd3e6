#include <gtest/gtest.h>
#include <stave/os/host.h>

namespace stave::os {
namespace {

TEST(Host, LeavesLoopbackOut) {
  for (auto& address : hostAddresses()) {
    EXPECT_NE(address, "127.0.0.1");
    EXPECT_NE(address, "::1");
    EXPECT_NE(address.substr(0, 5), "fe80:");
  }
}

}  // namespace
}  // namespace stave::os
