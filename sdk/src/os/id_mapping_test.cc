#include "stave/os/id_mapping.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cerrno>

#include "stave/error.h"

namespace stave::os {
namespace {

TEST(IdMappingTest, NamespaceIsMadeAndNobodyStays) {
  auto made = makeUserNamespace({{{0, 100'000, 1000}}, {{0, 200'000, 1000}}});
  EXPECT_GE(made.get(), 0);
  EXPECT_EQ(waitpid(-1, nullptr, __WALL | WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(IdMappingTest, OverlappingRangesAreInvalid) {
  auto exception = kj::runCatchingExceptions([]() {
    makeUserNamespace({{{0, 1000, 10}, {5, 2000, 10}}, {{0, 0, 1}}});
  });
  ASSERT_TRUE(exception != nullptr);
  KJ_IF_MAYBE (thrown, exception) {
    EXPECT_EQ(codeOf(*thrown), ErrorCode::INVALID);
  }
}

}  // namespace
}  // namespace stave::os
