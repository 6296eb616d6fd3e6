#include <gtest/gtest.h>
#include <sched.h>
#include <stave/error.h>
#include <stave/os/mount.h>
#include <stdlib.h>
#include <unistd.h>

#include <thread>

namespace stave::os {
namespace {

/// Runs a function on a thread with a mount name space of its own.
template <typename Function>
void isolated(Function function) {
  std::thread([&] {
    ASSERT_EQ(unshare(CLONE_NEWNS | CLONE_FS), 0);
    setMountAttributesAt("/", {.propagation = MS_PRIVATE, .recursive = true});
    function();
  }).join();
}

std::string temporaryDirectory() {
  char pattern[] = "/tmp/stave-mount-test-XXXXXX";
  return mkdtemp(pattern);
}

std::string errorOf(std::function<void()> action) {
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions(action)) {
    return std::string(nameOf(codeOf(*exception))) + ": " + textOf(*exception);
  }
  return "";
}

TEST(Mount, aDetachedTreeBecomesVisibleWhenItIsMoved) {
  isolated([] {
    std::string place = temporaryDirectory();
    Fd tree = FsContext("tmpfs").set("size", "65536").set("mode", "0750").mount(MOUNT_ATTR_NOSUID);
    close(openat(tree, "inside", O_CREAT | O_WRONLY, 0600));
    EXPECT_FALSE(exists(place + "/inside"));
    moveMount(tree, place);
    EXPECT_TRUE(exists(place + "/inside"));
    EXPECT_TRUE(unmount(place, MNT_DETACH));  // the descriptor keeps it busy
    EXPECT_FALSE(unmount(place));
    rmdir(place.c_str());
  });
}

TEST(Mount, theKernelsReasonIsInTheError) {
  std::string error = errorOf([] { FsContext("tmpfs").set("size", "many").mount(); });
  EXPECT_NE(error.find("parameter \"size\" = \"many\""), std::string::npos) << error;
  EXPECT_NE(error.find("the kernel says: tmpfs: Bad value for 'size'"), std::string::npos) << error;
}

TEST(Mount, anUnknownFileSystemIsUnsupported) {
  EXPECT_EQ(errorOf([] { FsContext("nosuchfs"); }),
            "unsupported: this kernel has no file system of type \"nosuchfs\"");
}

TEST(Mount, aReadOnlyCopyRefusesWhatItsOriginalTakes) {
  isolated([] {
    std::string place = temporaryDirectory();
    Fd original = FsContext("tmpfs").mount();
    moveMount(original, place);
    Fd copy = cloneTree(place, false);
    setMountAttributes(copy, {.set = MOUNT_ATTR_RDONLY});
    EXPECT_EQ(openat(copy, "file", O_CREAT | O_WRONLY, 0600), -1);
    EXPECT_EQ(errno, EROFS);
    close(openat(original, "file", O_CREAT | O_WRONLY, 0600));
    EXPECT_EQ(faccessat(copy, "file", F_OK, 0), 0);
    EXPECT_TRUE(unmount(place, MNT_DETACH));  // the descriptor keeps it busy
    rmdir(place.c_str());
  });
}

TEST(Mount, aMissingPathIsNotFound) {
  EXPECT_EQ(errorOf([] { cloneTree("/nonexistent/path", false); }).substr(0, 9), "not-found");
}

}  // namespace
}  // namespace stave::os
