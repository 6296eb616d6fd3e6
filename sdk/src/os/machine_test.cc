#include <gtest/gtest.h>
#include <stave/os/machine.h>

namespace stave::os {
namespace {

TEST(Machine, HasAName) {
#if defined(__x86_64__)
  EXPECT_EQ(machineName(), "x86_64");
#else
  EXPECT_FALSE(machineName().empty());
#endif
}

}  // namespace
}  // namespace stave::os
