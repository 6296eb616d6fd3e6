#include <fcntl.h>
#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/os/cgroup.h>
#include <stdlib.h>

namespace stave::os {
namespace {

struct Groups : testing::Test {
  void SetUp() override {
    char pattern[] = "/tmp/stave-cgroup-test-XXXXXX";
    top = mkdtemp(pattern);
  }
  void TearDown() override { removeTree(top); }

  std::string top;
};

TEST_F(Groups, AGroupIsMadeOnce) {
  EXPECT_TRUE(makeGroup(top + "/one"));
  EXPECT_FALSE(makeGroup(top + "/one"));
  EXPECT_FALSE(makeGroup(top + "/missing/one"));
  EXPECT_EQ(childGroups(top), (std::vector<std::string>{"one"}));
  EXPECT_TRUE(childGroups(top + "/missing").empty());
}

TEST_F(Groups, OnlyAnEmptyGroupIsRemoved) {
  makeGroup(top + "/one");
  makeGroup(top + "/one/two");
  EXPECT_FALSE(removeGroup(top + "/one"));
  EXPECT_TRUE(removeGroup(top + "/one/two"));
  EXPECT_TRUE(removeGroup(top + "/one"));
  EXPECT_TRUE(removeGroup(top + "/one"));
}

TEST_F(Groups, OnlyAGroupOfVersionTwoIsGuarded) {
  constexpr uint8_t moveImmediate = 0xb7;
  constexpr uint8_t leave = 0x95;
  Fd directory = open(top, O_RDONLY | O_DIRECTORY);
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&] {
                 guardDevices(directory, {{moveImmediate, 0, 0, 1}, {leave, 0, 0, 0}});
               })) {
    EXPECT_NE(textOf(*exception).find("devices"), std::string::npos) << textOf(*exception);
  } else {
    FAIL() << "guarded a directory that is no cgroup";
  }
}

}  // namespace
}  // namespace stave::os
