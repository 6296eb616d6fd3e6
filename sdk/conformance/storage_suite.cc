#include <gtest/gtest.h>
#include <stave/os/entry.h>
#include <stave/os/positioned_io.h>

#include "storage_fixture.h"

// Life of layers and snapshots. What the entries of a layer may be: storage_entries_suite.cc; what
// may go wrong: storage_faults_suite.cc.

namespace stave::conformance {

namespace {

const std::string base = chainId("base");
const std::string top = chainId("top");

std::string baseTar() {
  return LayerTar()
      .directory("./")
      .directory("etc")
      .file("etc/name", "base")
      .directory("data")
      .file("data/one", "1")
      .file("data/two", "2")
      .symlink("link", "etc/name")
      .bytes();
}

}  // namespace

TEST(StorageConformance, LayerIsUnpackedAndSeen) {
  EXPECT_FALSE(hasLayer(base));
  auto tar = baseTar();
  auto response = wait(startUnpack(base, gzip(tar), {"", "", digestOf(tar)}));
  EXPECT_EQ(std::string(response.getDiffId().cStr()), digestOf(tar));
  EXPECT_GT(response.getBytes(), 0u);
  EXPECT_TRUE(hasLayer(base));
  auto tree = see(base);
  EXPECT_EQ(namesIn(tree), "data etc link");
  EXPECT_EQ(read(tree, "etc/name"), "base");
}

TEST(StorageConformance, UnpackingAgainReturnsAtOnce) {
  unpack(base, baseTar());
  auto response = wait(startUnpack(base, fileWith(""), 1'000'000));
  EXPECT_EQ(std::string(response.getDiffId().cStr()), digestOf(baseTar()));
}

TEST(StorageConformance, TwoCallsForOneLayerShareTheWork) {
  auto tar = baseTar();
  auto blob = fileWith(tar.substr(0, 700));
  auto writer = os::duplicate(blob);
  auto first = startUnpack(base, os::duplicate(blob), tar.size());
  auto second = startUnpack(base, os::duplicate(blob), tar.size());
  testing::runFor(loop(), 50 * kj::MILLISECONDS);
  os::writeAll(writer, tar.data() + 700, tar.size() - 700);
  wait(kj::mv(first));
  wait(kj::mv(second));
  EXPECT_EQ(read(see(base), "data/two"), "2");
}

TEST(StorageConformance, BlobThatGrowsIsFollowedToItsEnd) {
  auto bytes = gzip(LayerTar().file("big", std::string(1 << 20, 'x') + "end").bytes());
  auto blob = fileWith("");
  auto writer = os::duplicate(blob);
  auto unpacking = startUnpack(base, kj::mv(blob), bytes.size());
  for (size_t start = 0; start < bytes.size(); start += 100) {
    auto part = bytes.substr(start, 100);
    os::writeAll(writer, part.data(), part.size());
    testing::runFor(loop(), 1 * kj::MILLISECONDS);
  }
  wait(kj::mv(unpacking));
  EXPECT_EQ(statOf(see(base), "big").st_size, (1 << 20) + 3);
}

TEST(StorageConformance, LayersOfAnImageMayComeAllAtOnce) {
  std::vector<UnpackPromise> unpackings;
  std::vector<std::string> tars;
  std::string parent;
  for (int i = 0; i < 6; i++) {
    auto number = std::to_string(i);
    auto tar = LayerTar().file("shared", number).file("own-" + number, number).bytes();
    unpackings.push_back(startUnpack(chainId(number), gzip(tar), {parent, "", ""}));
    parent = chainId(number);
  }
  for (auto& unpacking : unpackings) wait(kj::mv(unpacking));
  auto tree = see(parent);
  EXPECT_EQ(namesIn(tree), "own-0 own-1 own-2 own-3 own-4 own-5 shared");
  EXPECT_EQ(read(tree, "shared"), "5");
}

TEST(StorageConformance, SnapshotIsWritableAndItsLayerIsNot) {
  unpack(base, baseTar());
  auto root = prepare("one", base);
  auto tree = mountRoot(root);
  write(tree, "etc/name", "changed");
  EXPECT_EQ(read(tree, "etc/name"), "changed");
  EXPECT_EQ(read(see(base), "etc/name"), "base");
  EXPECT_ANY_THROW(write(see(base), "etc/name", "no"));
  EXPECT_ANY_THROW(write(mountRoot(root, true), "etc/name", "no"));
}

TEST(StorageConformance, TwoMountsShowEachOthersChanges) {
  unpack(base, baseTar());
  auto root = prepare("one", base);
  auto first = mountRoot(root);
  auto second = mountRoot(root);
  write(first, "new", "x");
  EXPECT_EQ(read(second, "new"), "x");
}

TEST(StorageConformance, SnapshotWithoutParentIsEmpty) {
  auto tree = mountRoot(prepare("empty", ""));
  EXPECT_EQ(namesIn(tree), "");
  write(tree, "file", "x");
  EXPECT_EQ(read(tree, "file"), "x");
}

TEST(StorageConformance, PreparingAgainGivesTheSameSnapshot) {
  unpack(base, baseTar());
  write(mountRoot(prepare("one", base)), "kept", "x");
  EXPECT_EQ(read(mountRoot(prepare("one", base)), "kept"), "x");
  auto request = storage().prepareRequest();
  request.setSnapshot("one");
  EXPECT_EQ(failureOf(request.send()), ErrorCode::CONFLICT);
}

TEST(StorageConformance, UnknownThingsAreNotFoundOrNothing) {
  auto prepareUnknown = storage().prepareRequest();
  prepareUnknown.setSnapshot("one");
  prepareUnknown.setParent(base.c_str());
  EXPECT_EQ(failureOf(prepareUnknown.send()), ErrorCode::NOT_FOUND);
  auto open = storage().openRequest();
  open.setSnapshot("nobody");
  EXPECT_EQ(failureOf(open.send()), ErrorCode::NOT_FOUND);
  auto viewUnknown = storage().viewRequest();
  viewUnknown.setChainId(base.c_str());
  EXPECT_EQ(failureOf(viewUnknown.send()), ErrorCode::NOT_FOUND);
  removeSnapshot("nobody");
  auto removeLayer = storage().removeLayerRequest();
  removeLayer.setChainId(base.c_str());
  wait(removeLayer.send());
}

TEST(StorageConformance, LayerInUseIsNotRemoved) {
  unpack(base, baseTar());
  unpack(top, LayerTar().file("x", "").bytes(), base);
  prepare("one", top);
  auto remove = [](const std::string& chain) {
    auto request = storage().removeLayerRequest();
    request.setChainId(chain.c_str());
    return request.send();
  };
  EXPECT_EQ(failureOf(remove(base)), ErrorCode::CONFLICT);
  EXPECT_EQ(failureOf(remove(top)), ErrorCode::CONFLICT);
  removeSnapshot("one");
  wait(remove(top));
  wait(remove(base));
  EXPECT_FALSE(hasLayer(base));
}

TEST(StorageConformance, RemovedSnapshotIsGoneAtOnce) {
  unpack(base, baseTar());
  auto root = prepare("one", base);
  removeSnapshot("one");
  EXPECT_EQ(failureOf(root.mountRequest().send()), ErrorCode::NOT_FOUND);
  EXPECT_EQ(wait(storage().snapshotsRequest().send()).getSnapshots().size(), 0u);
  EXPECT_EQ(changesOf(prepare("one", base)), "");
}

TEST(StorageConformance, ListsSayWhatThereIs) {
  unpack(base, baseTar());
  unpack(top, LayerTar().file("x", "").bytes(), base);
  prepare("one", top);
  auto layers = wait(storage().layersRequest().send());
  ASSERT_EQ(layers.getLayers().size(), 2u);
  for (auto layer : layers.getLayers()) {
    bool isTop = top == layer.getChainId().cStr();
    EXPECT_EQ(std::string(layer.getParent().cStr()), isTop ? base : "");
    EXPECT_GT(layer.getCreated(), 1'600'000'000'000'000'000);
  }
  auto snapshots = wait(storage().snapshotsRequest().send());
  ASSERT_EQ(snapshots.getSnapshots().size(), 1u);
  EXPECT_EQ(std::string(snapshots.getSnapshots()[0].getName().cStr()), "one");
  EXPECT_EQ(std::string(snapshots.getSnapshots()[0].getParent().cStr()), top);
  auto open = storage().openRequest();
  open.setSnapshot("one");
  EXPECT_EQ(std::string(wait(open.send()).getParent().cStr()), top);
}

TEST(StorageConformance, UsageGrowsWithWhatIsWritten) {
  unpack(base, baseTar());
  auto root = prepare("one", base);
  auto before = wait(root.usageRequest().send()).getBytes();
  write(mountRoot(root), "big", std::string(1 << 20, 'x'));
  EXPECT_GE(wait(root.usageRequest().send()).getBytes(), before + (1 << 20));
  auto total = wait(storage().usageRequest().send());
  EXPECT_GT(total.getLayerBytes(), 0u);
  EXPECT_GE(total.getSnapshotBytes(), 1u << 20);
  EXPECT_GT(total.getAvailable(), 0u);
}

TEST(StorageConformance, ChangesAreListed) {
  unpack(base, baseTar());
  auto root = prepare("one", base);
  EXPECT_EQ(changesOf(root), "");
  auto tree = mountRoot(root);
  write(tree, "etc/name", "changed");
  write(tree, "new", "x");
  os::removeAt(tree, "data");
  os::makeDirectoryAt(tree, "data", 0755);
  write(tree, "data/two", "again");
  EXPECT_EQ(changesOf(root), "C /data\nD /data/one\nC /data/two\nC /etc\nC /etc/name\nA /new\n");
}

TEST(StorageConformance, DiffUnpacksToTheSameTree) {
  unpack(base, baseTar());
  auto root = prepare("one", base);
  auto tree = mountRoot(root);
  write(tree, "etc/name", std::string(100'000, 'y'));
  os::removeAt(tree, "data/one");
  os::makeDirectoryAt(tree, "with a very long name, " + std::string(150, 'n'), 01777);
  os::makeNodeAt(tree, "device", S_IFCHR | 0600, (1 << 8) | 3);
  os::makeNodeAt(tree, "fifo", S_IFIFO | 0640, 0);
  os::makeLinkAt(tree, "etc/name", tree, "hard");
  os::makeSymlinkAt("nowhere", tree, "dangling");
  os::setOwnerAt(tree, "etc/name", 3'000'000, 70'000);
  os::setModeAt(tree, "etc/name", 04755);
  os::setModifiedAt(tree, "etc/name", {1'500'000'000, 123'456'789});
  os::setAttributeAt(tree, "etc/name", "user.note", std::string("with\0zero", 9));
  auto wanted = describe(tree);
  auto diff = diffOf(root);
  EXPECT_EQ(diff.size, diff.bytes.size());
  EXPECT_EQ(diff.diffId, digestOf(diff.bytes));
  EXPECT_EQ(diffOf(root).bytes, diff.bytes);
  unpack(top, diff.bytes, base);
  EXPECT_EQ(describe(see(top)), wanted);
}

TEST(StorageConformance, MappedSnapshotShowsShiftedOwners) {
  unpack(base, baseTar());
  auto request = storage().prepareRequest();
  request.setSnapshot("mapped");
  request.setParent(base.c_str());
  auto options = request.initOptions();
  for (auto mappings : {options.initUidMappings(1), options.initGidMappings(1)}) {
    mappings[0].setOutside(100'000);
    mappings[0].setCount(65'536);
  }
  auto root = wait(request.send()).getRoot();
  KJ_IF_MAYBE (exception,
               testing::failureOf(loop(),
                                  kj::Promise<void>(root.mountRequest().send().ignoreResult()))) {
    if (codeOf(*exception) == ErrorCode::UNSUPPORTED) GTEST_SKIP() << textOf(*exception);
    kj::throwFatalException(kj::mv(*exception));
  }
  EXPECT_EQ(statOf(mountRoot(root), "etc/name").st_uid, 100'000u);
}

TEST(StorageConformance, SizeLimitIsKeptOrRefused) {
  auto request = storage().prepareRequest();
  request.setSnapshot("limited");
  request.initOptions().setSizeLimit(1 << 20);
  kj::Maybe<schema::RootFs::Client> root;
  KJ_IF_MAYBE (exception,
               kj::runCatchingExceptions([&]() { root = wait(request.send()).getRoot(); })) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::UNSUPPORTED);
    return;
  }
  auto tree = mountRoot(KJ_ASSERT_NONNULL(root));
  EXPECT_ANY_THROW(write(tree, "big", std::string(8 << 20, 'x')));
}

}  // namespace stave::conformance
