#include "volume_options.h"

#include <gtest/gtest.h>
#include <sys/mount.h>

#include "stave/error.h"

namespace stave::local {
namespace {

ErrorCode refusalOf(const OptionMap& options) {
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { planOf(options); })) {
    return codeOf(*exception);
  }
  ADD_FAILURE() << "the options were taken";
  return ErrorCode::INTERNAL;
}

TEST(VolumeOptionsTest, NoOptionsAreADirectory) {
  EXPECT_EQ(planOf({}).kind, MountPlan::directory);
}

TEST(VolumeOptionsTest, BindKeepsFlags) {
  auto plan = planOf({{"type", "none"}, {"o", "rbind,ro,nosuid"}, {"device", "/srv/data"}});
  EXPECT_EQ(plan.kind, MountPlan::bind);
  EXPECT_TRUE(plan.recursive);
  EXPECT_EQ(plan.attributes, uint64_t(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID));
}

TEST(VolumeOptionsTest, FileSystemOptionsAreSplit) {
  auto plan = planOf({{"type", "tmpfs"}, {"o", "size=16m,noexec,,noswap"}, {"device", "tmpfs"}});
  EXPECT_EQ(plan.kind, MountPlan::fileSystem);
  ASSERT_EQ(plan.parameters.size(), 1u);
  EXPECT_EQ(plan.parameters[0].first, "size");
  EXPECT_EQ(plan.parameters[0].second, "16m");
  EXPECT_EQ(plan.flags, std::vector<std::string>{"noswap"});
  EXPECT_EQ(plan.attributes, uint64_t(MOUNT_ATTR_NOEXEC));
}

TEST(VolumeOptionsTest, WrongOnesAreRefused) {
  EXPECT_EQ(refusalOf({{"size", "16m"}}), ErrorCode::INVALID);
  EXPECT_EQ(refusalOf({{"type", "tmpfs"}}), ErrorCode::INVALID);
  EXPECT_EQ(refusalOf({{"device", "/dev/x"}}), ErrorCode::INVALID);
  EXPECT_EQ(refusalOf({{"o", "bind"}, {"device", "relative"}}), ErrorCode::INVALID);
  EXPECT_EQ(refusalOf({{"o", "bind,size=1m"}, {"device", "/srv"}}), ErrorCode::INVALID);
}

}  // namespace
}  // namespace stave::local
