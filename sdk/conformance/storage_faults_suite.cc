#include <gtest/gtest.h>
#include <sched.h>
#include <stave/os/entry.h>
#include <stave/os/mount.h>
#include <sys/mount.h>

#include <filesystem>

#include "storage_fixture.h"

// What may go wrong: damaged layers, full disks, callers and processes that go away.

namespace stave::conformance {

namespace {

const std::string base = chainId("base");

std::string largeTar() {
  LayerTar tar;
  std::string content(20'000, 'x');
  for (int i = 0; i < 400; i++) tar.file("d/" + std::to_string(i), content + std::to_string(i));
  return tar.bytes();
}

/// Files and directories in the driver's state, so that leftovers are seen without knowing its
/// layout.
size_t entriesInState() {
  auto path = broker().statePath(harness().name());
  size_t count = 0;
  for ([[maybe_unused]] auto& entry : std::filesystem::recursive_directory_iterator(path)) count++;
  return count;
}

size_t entriesWhenQuiet() {
  auto before = entriesInState();
  waitUntil(
      [&]() {
        testing::runFor(loop(), 20 * kj::MILLISECONDS);
        auto now = entriesInState();
        bool same = now == before;
        before = now;
        return same;
      },
      "the driver to be quiet");
  return before;
}

/// A driver's notes about its layers may come and go meanwhile; what these tests would leave behind
/// is several times as many entries.
constexpr size_t notes = 2;

/// Waits until there is no more than there was.
void waitForRemovalTo(size_t before) {
  waitUntil([&]() { return entriesWhenQuiet() <= before + notes; }, "the remains to go");
}

size_t mountCount() {
  auto table = os::readFile("/proc/self/mountinfo");
  return size_t(std::count(table.begin(), table.end(), '\n'));
}

}  // namespace

TEST(StorageConformance, WrongDiffIdIsRefused) {
  auto tar = LayerTar().file("x", "x").bytes();
  EXPECT_EQ(refusalToUnpack(tar, {"", "", digestOf("something else")}), ErrorCode::INVALID);
}

TEST(StorageConformance, DamagedLayersAreRefused) {
  auto tar = LayerTar().file("x", std::string(100'000, 'x')).bytes();
  auto compressed = gzip(tar);
  auto flipped = compressed;
  flipped[flipped.size() - 6] ^= 1;
  EXPECT_EQ(refusalToUnpack(compressed.substr(0, compressed.size() / 2)), ErrorCode::INVALID);
  EXPECT_EQ(refusalToUnpack(flipped), ErrorCode::INVALID);
  EXPECT_EQ(refusalToUnpack(tar.substr(0, 50'000)), ErrorCode::INVALID);
  EXPECT_EQ(refusalToUnpack(std::string(5'000, 'n') + "o tar"), ErrorCode::INVALID);
  EXPECT_EQ(refusalToUnpack(tar, {"", "application/vnd.oci.image.layer.v1.tar+gzip", ""}),
            ErrorCode::INVALID);
}

TEST(StorageConformance, RefusalNamesTheEntry) {
  auto tar = LayerTar().file("good", "x").hardLink("culprit", "missing").bytes();
  auto failure = testing::failureOf(
      loop(), kj::Promise<void>(startUnpack(base, tar).ignoreResult()), "a refusal");
  KJ_IF_MAYBE (exception, failure) {
    EXPECT_NE(textOf(*exception).find("culprit"), std::string::npos) << textOf(*exception);
  } else {
    FAIL() << "it was taken";
  }
}

TEST(StorageConformance, BadChainIdsAreRefused) {
  auto tar = LayerTar().file("x", "x").bytes();
  for (auto* chain : {"", "sha256:", "sha256:../../escape", "latest"}) {
    EXPECT_EQ(failureOf(startUnpack(chain, tar)), ErrorCode::INVALID) << chain;
  }
}

TEST(StorageConformance, FailedUnpackLeavesNothing) {
  unpack(chainId("something"), LayerTar().file("x", "x").bytes());
  auto before = entriesWhenQuiet();
  refusalToUnpack(largeTar() + "then no tar", {"", "", digestOf("wrong")});
  refusalToUnpack(LayerTar().file("a/b/c", "x").file("../x", "x").bytes());
  waitForRemovalTo(before);
}

TEST(StorageConformance, CancelledUnpackLeavesNothing) {
  unpack(chainId("something"), LayerTar().file("x", "x").bytes());
  auto before = entriesWhenQuiet();
  auto tar = largeTar();
  {
    auto unpacking = startUnpack(base, fileWith(tar.substr(0, tar.size() / 2)), tar.size());
    testing::runFor(loop(), 300 * kj::MILLISECONDS);
    EXPECT_GT(entriesInState(), before + notes);
  }
  waitForRemovalTo(before);
  EXPECT_FALSE(hasLayer(base));
  unpack(base, tar);
  EXPECT_EQ(statOf(see(base), "d/399").st_size, 20'003);
}

TEST(StorageConformance, OneOfTwoCallersMayGo) {
  auto tar = LayerTar().file("x", "x").bytes();
  auto blob = fileWith(tar.substr(0, 700));
  auto writer = os::duplicate(blob);
  auto stays = startUnpack(base, os::duplicate(blob), tar.size());
  {
    auto goes = startUnpack(base, os::duplicate(blob), tar.size());
    testing::runFor(loop(), 50 * kj::MILLISECONDS);
  }
  os::writeAll(writer, tar.data() + 700, tar.size() - 700);
  wait(kj::mv(stays));
  EXPECT_TRUE(hasLayer(base));
}

TEST(StorageConformance, LayersAndSnapshotsOutliveAKill) {
  unpack(base, LayerTar().file("x", "x").bytes());
  write(mountRoot(prepare("one", base)), "written", "kept");
  restartSubject();
  EXPECT_TRUE(hasLayer(base));
  auto open = storage().openRequest();
  open.setSnapshot("one");
  auto response = wait(open.send());
  EXPECT_EQ(std::string(response.getParent().cStr()), base);
  auto tree = mountRoot(response.getRoot());
  EXPECT_EQ(read(tree, "written"), "kept");
  EXPECT_EQ(changesOf(response.getRoot()), "A /written\n");
}

TEST(StorageConformance, KillInTheMiddleOfAnUnpackLeavesNothing) {
  unpack(chainId("something"), LayerTar().file("x", "x").bytes());
  auto before = entriesWhenQuiet();
  auto tar = largeTar();
  auto unpacking = startUnpack(base, fileWith(tar.substr(0, tar.size() / 2)), tar.size());
  testing::runFor(loop(), 300 * kj::MILLISECONDS);
  restartSubject();
  EXPECT_FALSE(hasLayer(base));
  waitForRemovalTo(before);
  unpack(base, tar);
}

TEST(StorageConformance, MountsDoNotShowAndRemovedThingsAreDeleted) {
  unpack(base, LayerTar().file("x", "x").bytes());
  auto entries = entriesWhenQuiet();
  auto mounts = mountCount();
  for (int round = 0; round < 10; round++) {
    auto name = "snapshot-" + std::to_string(round);
    auto tree = mountRoot(prepare(name, base));
    write(tree, "y", "y");
    EXPECT_EQ(mountCount(), mounts);
    removeSnapshot(name);
  }
  waitForRemovalTo(entries);
  EXPECT_EQ(mountCount(), mounts);
}

TEST(StorageConformance, FullDiskIsExhaustedAndLeavesNothing) {
  storage();
  ASSERT_EQ(unshare(CLONE_NEWNS), 0);
  ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
  auto state = broker().statePath(harness().name());
  os::moveMount(os::FsContext("tmpfs").set("size", "4m").mount(), state);
  KJ_DEFER({ umount2(state.c_str(), MNT_DETACH); });
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([]() {
                 stopAndStartSubject();
                 storage();
               })) {
    GTEST_SKIP() << "this driver does not start on a tmpfs: " << textOf(*exception);
  }
  EXPECT_EQ(refusalToUnpack(largeTar()), ErrorCode::EXHAUSTED);
  waitUntil([&]() { return os::availableBytes(state) > (3u << 20); }, "the space to be free again");
  unpack(base, LayerTar().file("x", "fits").bytes());
  EXPECT_EQ(read(see(base), "x"), "fits");
}

}  // namespace stave::conformance
