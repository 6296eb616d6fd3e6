#include "user_lookup.h"

#include <capnp/message.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/os/file.h>
#include <stave/testing/temp_directory.h>
#include <unistd.h>

namespace stave::native {
namespace {

const UserDatabase database{
    "root:x:0:0:root:/root:/bin/sh\nbroken line\nalice:x:1000:100:Alice:/home/alice:/bin/sh\n"
    "1234:x:7:7::/seven:/bin/sh\n",
    "root:x:0:\nusers:x:100:\nwheel:x:10:bob,alice\nvideo:x:44:alice\n"};

struct UserLookup : ::testing::Test {
  ~UserLookup() noexcept override {}

  Identity lookUp(std::string_view user, std::vector<const char*> additional = {}) {
    auto list = message.initRoot<capnp::AnyPointer>().initAs<capnp::List<capnp::Text>>(
        static_cast<unsigned>(additional.size()));
    for (unsigned i = 0; i < additional.size(); i++) list.set(i, additional[i]);
    return lookUpUser(database, user, list.asReader());
  }
  std::string errorOf(std::string_view user) {
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&] { lookUp(user); })) {
      return textOf(*exception);
    }
    return "";
  }
  capnp::MallocMessageBuilder message;
};

TEST_F(UserLookup, NobodyIsRoot) {
  Identity identity = lookUp("");
  EXPECT_EQ(identity.uid, 0u);
  EXPECT_EQ(identity.home, "/root");
}

TEST_F(UserLookup, ANameBringsItsGroups) {
  Identity identity = lookUp("alice");
  EXPECT_EQ(identity.uid, 1000u);
  EXPECT_EQ(identity.gid, 100u);
  EXPECT_EQ(identity.groups, (std::vector<uint32_t>{10, 44, 100}));
  EXPECT_EQ(identity.home, "/home/alice");
}

TEST_F(UserLookup, AGivenGroupStandsAlone) {
  EXPECT_EQ(lookUp("alice:wheel").groups, (std::vector<uint32_t>{10}));
  EXPECT_EQ(lookUp("alice:55").gid, 55u);
  EXPECT_EQ(lookUp(":wheel").gid, 10u);
}

TEST_F(UserLookup, ANumberNeedNotBeKnown) {
  EXPECT_EQ(lookUp("4000").uid, 4000u);
  EXPECT_EQ(lookUp("4000").gid, 0u);
  EXPECT_EQ(lookUp("4000").home, "/");
  EXPECT_EQ(lookUp("1000").home, "/home/alice");
}

TEST_F(UserLookup, ANameMayLookLikeANumber) {
  EXPECT_EQ(lookUp("1234").uid, 7u);
}

TEST_F(UserLookup, AdditionalGroupsAreAdded) {
  EXPECT_EQ(lookUp("4000", {"video", "99"}).groups, (std::vector<uint32_t>{0, 44, 99}));
}

TEST_F(UserLookup, WhatIsUnknownIsNamed) {
  EXPECT_EQ(errorOf("carol"), "unable to find user carol: no matching entries in passwd file");
  EXPECT_EQ(errorOf("alice:x"), "unable to find group x: no matching entries in group file");
  EXPECT_NE(errorOf("99999999999"), "");
}

TEST(UserDatabase, LinksStayInside) {
  testing::TempDirectory root;
  os::makeDirectories(root / "etc");
  os::makeDirectories(root / "usr/etc");
  os::replaceFile(root / "usr/etc/passwd", "inside");
  ASSERT_EQ(symlink("/usr/etc/passwd", (root / "etc/passwd").c_str()), 0);
  ASSERT_EQ(symlink("../../../../../../etc/group", (root / "etc/group").c_str()), 0);
  os::Fd directory = os::open(root.path(), O_PATH | O_DIRECTORY);
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions(
                              [&] { EXPECT_EQ(readUserDatabase(directory).passwd, "inside"); })) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::INVALID);  // a link that leads to itself
  }
}

}  // namespace
}  // namespace stave::native
