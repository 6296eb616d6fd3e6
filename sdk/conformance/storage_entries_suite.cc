#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <stave/os/entry.h>
#include <sys/sysmacros.h>

#include "storage_fixture.h"

// What a layer may contain, and what a driver must not let it do.

namespace stave::conformance {

namespace {

const std::string base = chainId("base");
const std::string top = chainId("top");

/// A tar by another writer than the one of the library that drivers use.
class ForeignTar {
 public:
  explicit ForeignTar(bool gnu) : writer_(archive_write_new()), bytes_(1 << 20, '\0') {
    gnu ? archive_write_set_format_gnutar(writer_) : archive_write_set_format_pax(writer_);
    archive_write_open_memory(writer_, bytes_.data(), bytes_.size(), &used_);
  }
  ~ForeignTar() { archive_write_free(writer_); }

  archive_entry* entry(const std::string& path, mode_t kind, mode_t mode) {
    auto* entry = archive_entry_new();
    archive_entry_set_pathname(entry, path.c_str());
    archive_entry_set_filetype(entry, kind);
    archive_entry_set_perm(entry, mode);
    archive_entry_set_mtime(entry, layerTime, 5000);
    return entry;
  }
  void add(archive_entry* entry, const std::string& content = {}) {
    if (archive_entry_filetype(entry) == AE_IFREG) archive_entry_set_size(entry, content.size());
    EXPECT_EQ(archive_write_header(writer_, entry), ARCHIVE_OK) << archive_error_string(writer_);
    archive_write_data(writer_, content.data(), content.size());
    archive_entry_free(entry);
  }
  std::string finish() {
    archive_write_close(writer_);
    return bytes_.substr(0, used_);
  }

 private:
  archive* writer_;
  std::string bytes_;
  size_t used_ = 0;
};

layer::Entry entryOf(const std::string& path, layer::EntryType type, mode_t mode = 0644) {
  layer::Entry entry;
  entry.path = path;
  entry.type = type;
  entry.mode = mode;
  return entry;
}

}  // namespace

TEST(StorageConformance, PaxArchiveOfAForeignWriter) {
  ForeignTar tar(false);
  auto longName = "long/" + std::string(200, 'a') + "/" + std::string(200, 'b');
  auto* special = tar.entry("program", AE_IFREG, 04755);
  archive_entry_set_uid(special, 4'000'000'000);
  archive_entry_set_gid(special, 70'000);
  archive_entry_xattr_add_entry(special, "user.note", "a\0b", 3);
  tar.add(special, "run");
  tar.add(tar.entry(longName, AE_IFREG, 0600), "deep");
  auto* link = tar.entry("link", AE_IFLNK, 0777);
  archive_entry_set_symlink(link, longName.c_str());
  tar.add(link);
  unpack(base, tar.finish());
  auto tree = see(base);
  auto info = statOf(tree, "program");
  EXPECT_EQ(info.st_mode & 07777, 04755u);
  EXPECT_EQ(info.st_uid, 4'000'000'000u);
  EXPECT_EQ(info.st_gid, 70'000u);
  EXPECT_EQ(info.st_mtim.tv_nsec, 5000);
  EXPECT_EQ(os::attributesAt(tree, "program"),
            (os::Attributes{{"user.note", std::string("a\0b", 3)}}));
  EXPECT_EQ(read(tree, longName), "deep");
  EXPECT_EQ(os::readLinkAt(tree, "link"), longName);
}

TEST(StorageConformance, GnuArchiveOfAForeignWriter) {
  ForeignTar tar(true);
  auto longName = std::string(120, 'a') + "/" + std::string(120, 'b');
  tar.add(tar.entry(longName, AE_IFREG, 0644), "long");
  auto* hard = tar.entry("hard", AE_IFREG, 0644);
  archive_entry_set_hardlink(hard, longName.c_str());
  tar.add(hard);
  unpack(base, tar.finish());
  auto tree = see(base);
  EXPECT_EQ(read(tree, "hard"), "long");
  EXPECT_EQ(statOf(tree, "hard").st_ino, statOf(tree, longName).st_ino);
}

TEST(StorageConformance, SparseFileKeepsItsHoles) {
  ForeignTar tar(false);
  auto* entry = tar.entry("sparse", AE_IFREG, 0644);
  std::string content(400'000, '\0');
  content.replace(200'000, 4, "data");
  archive_entry_set_size(entry, int64_t(content.size()));
  archive_entry_sparse_add_entry(entry, 196'608, 8192);
  tar.add(entry, content);
  unpack(base, tar.finish());
  auto tree = see(base);
  EXPECT_EQ(read(tree, "sparse"), content);
  EXPECT_LT(statOf(tree, "sparse").st_blocks * 512, 100'000);
}

TEST(StorageConformance, NamesAreBytes) {
  auto name = std::string("latin-\xe9 and \xf0\x9f\x90\xb3 and \n");
  unpack(base, LayerTar().file(name, "x").bytes());
  EXPECT_EQ(read(see(base), name), "x");
}

TEST(StorageConformance, DevicesFifosAndCapabilitiesAreMade) {
  auto device = entryOf("null", layer::EntryType::character, 0666);
  device.major = 1;
  device.minor = 3;
  auto able = entryOf("ping", layer::EntryType::file, 0755);
  std::string capability("\1\0\0\2\0\40\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
  able.attributes = {{"security.capability", capability}};
  able.uid = 7;
  unpack(base, LayerTar()
                   .add(device)
                   .add(entryOf("pipe", layer::EntryType::fifo, 0620))
                   .add(able, "x")
                   .bytes());
  auto tree = see(base);
  EXPECT_EQ(statOf(tree, "null").st_rdev, makedev(1, 3));
  EXPECT_EQ(statOf(tree, "null").st_mode, mode_t(S_IFCHR | 0666));
  EXPECT_EQ(statOf(tree, "pipe").st_mode, mode_t(S_IFIFO | 0620));
  EXPECT_EQ(os::attributesAt(tree, "ping"), (os::Attributes{{"security.capability", capability}}));
}

TEST(StorageConformance, DirectoryKeepsItsTimeAndMode) {
  auto directory = entryOf("d", layer::EntryType::directory, 0500);
  directory.modified = {1'000'000'000, 42};
  unpack(base, LayerTar().add(directory).file("d/inside", "x").bytes());
  auto info = statOf(see(base), "d");
  EXPECT_EQ(info.st_mtim.tv_sec, 1'000'000'000);
  EXPECT_EQ(info.st_mtim.tv_nsec, 42);
  EXPECT_EQ(info.st_mode & 07777, 0500u);
}

TEST(StorageConformance, LastOfTwoEntriesWins) {
  unpack(base, LayerTar()
                   .file("a", "first")
                   .file("a", "second")
                   .directory("b")
                   .file("b/in", "x")
                   .file("b", "now a file")
                   .symlink("c", "a")
                   .file("c", "not through the link")
                   .bytes());
  auto tree = see(base);
  EXPECT_EQ(read(tree, "a"), "second");
  EXPECT_EQ(read(tree, "b"), "now a file");
  EXPECT_EQ(read(tree, "c"), "not through the link");
}

TEST(StorageConformance, ParentsThatTheLayerDoesNotNameAreMade) {
  unpack(base, LayerTar().directory("shared", 0700).file("shared/a", "a").bytes());
  unpack(top, LayerTar().file("shared/b", "b").file("own/deep/file", "c").bytes(), base);
  auto tree = see(top);
  EXPECT_EQ(namesIn(tree, "shared"), "a b");
  EXPECT_EQ(statOf(tree, "shared").st_mode & 07777, 0700u);
  EXPECT_EQ(statOf(tree, "own/deep").st_mode & 07777, 0755u);
}

TEST(StorageConformance, WhiteoutsDeleteWhatIsBelow) {
  unpack(base, LayerTar()
                   .file("gone", "x")
                   .directory("d")
                   .file("d/gone", "x")
                   .file("d/stays", "x")
                   .directory("tree")
                   .file("tree/deep", "x")
                   .bytes());
  unpack(top,
         LayerTar().whiteout("gone").directory("d").whiteout("d/gone").whiteout("tree").bytes(),
         base);
  auto tree = see(top);
  EXPECT_EQ(namesIn(tree), "d");
  EXPECT_EQ(namesIn(tree, "d"), "stays");
  EXPECT_EQ(namesIn(see(base)), "d gone tree");
}

TEST(StorageConformance, OpaqueDirectoryShowsItsOwnOnly) {
  auto tar = LayerTar().directory("d").file("d/old", "x").directory("d/sub").file("d/sub/old", "x");
  unpack(base, tar.bytes());
  // The mark may come before, between or after what the layer itself has in the directory.
  unpack(top, LayerTar().directory("d").file("d/new", "y").opaque("d").file("d/last", "z").bytes(),
         base);
  EXPECT_EQ(namesIn(see(top), "d"), "last new");
  EXPECT_EQ(changesOf(view(top)), "C /d\nA /d/last\nA /d/new\nD /d/old\nD /d/sub\n");
}

TEST(StorageConformance, WhiteoutAndNewDirectoryOfOneNameInOneLayer) {
  unpack(base, LayerTar().directory("d").file("d/old", "x").bytes());
  unpack(top, LayerTar().whiteout("d").directory("d").file("d/new", "y").bytes(), base);
  EXPECT_EQ(namesIn(see(top), "d"), "new");
  auto other = chainId("other order");
  unpack(other, LayerTar().directory("d").file("d/new", "y").whiteout("d").bytes(), base);
  EXPECT_EQ(namesIn(see(other), "d"), "new");
}

TEST(StorageConformance, OpaqueRootHidesEverything) {
  unpack(base, LayerTar().file("old", "x").bytes());
  unpack(top, LayerTar().file(".wh..wh..opq", "").file("new", "y").bytes(), base);
  EXPECT_EQ(namesIn(see(top)), "new");
}

TEST(StorageConformance, KindsReplaceOneAnother) {
  unpack(base, LayerTar()
                   .directory("was-directory")
                   .file("was-directory/x", "")
                   .file("was-file", "")
                   .bytes());
  unpack(top,
         LayerTar().file("was-directory", "f").directory("was-file").file("was-file/y", "").bytes(),
         base);
  auto tree = see(top);
  EXPECT_EQ(read(tree, "was-directory"), "f");
  EXPECT_EQ(namesIn(tree, "was-file"), "y");
}

TEST(StorageConformance, NamesThatLeaveTheRootAreRefused) {
  for (auto* path : {"../escaped", "a/../../escaped", "/../escaped", ".."}) {
    EXPECT_EQ(refusalToUnpack(LayerTar().file(path, "x").bytes()), ErrorCode::INVALID) << path;
  }
}

TEST(StorageConformance, AbsoluteNamesAreInsideTheRoot) {
  unpack(base, LayerTar().file("/etc/absolute", "x").file("./dot//slash/../file", "y").bytes());
  EXPECT_EQ(read(see(base), "etc/absolute"), "x");
  EXPECT_EQ(read(see(base), "dot/file"), "y");
}

TEST(StorageConformance, LinksOnTheWayStayInsideTheRoot) {
  unpack(base, LayerTar()
                   .directory("inside")
                   .symlink("absolute", "/inside")
                   .symlink("climbing", "../../../inside")
                   .file("absolute/a", "a")
                   .file("climbing/b", "b")
                   .bytes());
  EXPECT_EQ(namesIn(see(base), "inside"), "a b");
  EXPECT_EQ(os::readLinkAt(see(base), "absolute"), "/inside");
}

TEST(StorageConformance, LinksToTheHostAreNotFollowed) {
  auto marker = "stave-conformance-" + std::to_string(getpid());
  auto tar = LayerTar().symlink("tmp", "/tmp").file("tmp/" + marker, "escaped").bytes();
  KJ_IF_MAYBE (failure, kj::runCatchingExceptions([&]() { unpack(base, tar); })) {
    EXPECT_EQ(codeOf(*failure), ErrorCode::INVALID);
  }
  EXPECT_FALSE(os::exists("/tmp/" + marker));
}

TEST(StorageConformance, HardLinksStayInsideTheLayer) {
  EXPECT_EQ(refusalToUnpack(LayerTar().hardLink("a", "../../../../etc/passwd").bytes()),
            ErrorCode::INVALID);
  EXPECT_EQ(refusalToUnpack(LayerTar().hardLink("a", "/etc/passwd").bytes()), ErrorCode::INVALID);
  EXPECT_EQ(refusalToUnpack(LayerTar().symlink("etc", "/etc").hardLink("a", "etc/passwd").bytes()),
            ErrorCode::INVALID);
  EXPECT_EQ(refusalToUnpack(LayerTar().directory("d").hardLink("a", "d").bytes()),
            ErrorCode::INVALID);
}

TEST(StorageConformance, OverlayAttributesOfALayerHaveNoEffect) {
  unpack(
      base,
      LayerTar().directory("secret").file("secret/x", "x").directory("d").file("d/y", "y").bytes());
  auto directory = entryOf("d", layer::EntryType::directory, 0755);
  directory.attributes = {{"trusted.overlay.redirect", "/secret"}, {"trusted.overlay.opaque", "y"}};
  unpack(top, LayerTar().add(directory).bytes(), base);
  EXPECT_EQ(namesIn(see(top), "d"), "y");
}

}  // namespace stave::conformance
