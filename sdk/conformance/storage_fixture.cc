#include "storage_fixture.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stave/capability.h>
#include <stave/layer/digest.h>
#include <stave/os/entry.h>
#include <sys/mman.h>

namespace stave::conformance {

namespace {

class CollectingSink final : public schema::ByteStream::Server {
 public:
  explicit CollectingSink(std::shared_ptr<std::string> bytes) : bytes_(std::move(bytes)) {}
  kj::Promise<void> write(WriteContext context) override {
    auto part = context.getParams().getBytes();
    bytes_->append(part.asChars().begin(), part.size());
    return kj::READY_NOW;
  }
  kj::Promise<void> end(EndContext) override { return kj::READY_NOW; }

 private:
  std::shared_ptr<std::string> bytes_;
};

std::string kindOf(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return "file";
    case S_IFDIR:
      return "directory";
    case S_IFLNK:
      return "symlink";
    case S_IFCHR:
      return "character";
    case S_IFBLK:
      return "block";
    default:
      return "fifo";
  }
}

void describeEntry(int directory, const std::string& name, const std::string& path,
                   std::string& text) {
  auto info = statOf(directory, name);
  text += path + " " + kindOf(info.st_mode) + " " + std::to_string(info.st_mode & 07777) + " " +
          std::to_string(info.st_uid) + ":" + std::to_string(info.st_gid) + " " +
          std::to_string(info.st_mtim.tv_sec) + "." + std::to_string(info.st_mtim.tv_nsec) +
          " rdev " + std::to_string(info.st_rdev);
  if (!S_ISDIR(info.st_mode)) text += " links " + std::to_string(info.st_nlink);
  if (S_ISREG(info.st_mode)) text += " " + digestOf(read(directory, name));
  if (S_ISLNK(info.st_mode)) text += " -> " + os::readLinkAt(directory, name);
  for (auto& [attribute, value] : os::attributesAt(directory, name))
    text += " " + attribute + "=" + value;
  text += "\n";
  if (!S_ISDIR(info.st_mode)) return;
  auto below = os::openAt(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  for (auto& child : os::namesIn(below)) describeEntry(below, child, path + "/" + child, text);
}

}  // namespace

LayerTar& LayerTar::add(layer::Entry entry, const std::string& content) {
  entry.size = entry.type == layer::EntryType::file ? content.size() : 0;
  if (entry.modified.tv_sec == 0) entry.modified.tv_sec = layerTime;
  entries_.emplace_back(std::move(entry), content);
  return *this;
}

LayerTar& LayerTar::directory(const std::string& path, mode_t mode) {
  layer::Entry entry;
  entry.path = path;
  entry.type = layer::EntryType::directory;
  entry.mode = mode;
  return add(entry);
}

LayerTar& LayerTar::file(const std::string& path, const std::string& content, mode_t mode) {
  layer::Entry entry;
  entry.path = path;
  entry.mode = mode;
  return add(entry, content);
}

LayerTar& LayerTar::symlink(const std::string& path, const std::string& target) {
  layer::Entry entry;
  entry.path = path;
  entry.type = layer::EntryType::symlink;
  entry.linkTarget = target;
  return add(entry);
}

LayerTar& LayerTar::hardLink(const std::string& path, const std::string& target) {
  layer::Entry entry;
  entry.path = path;
  entry.type = layer::EntryType::hardLink;
  entry.linkTarget = target;
  return add(entry);
}

LayerTar& LayerTar::whiteout(const std::string& path) {
  auto slash = path.rfind('/');
  auto start = slash == std::string::npos ? 0 : slash + 1;
  return file(path.substr(0, start) + ".wh." + path.substr(start), "");
}

LayerTar& LayerTar::opaque(const std::string& path) {
  return file(path + "/.wh..wh..opq", "");
}

std::string LayerTar::bytes() const {
  std::string bytes;
  layer::TarWriter writer([&](std::string_view part) { bytes.append(part); });
  for (auto& [entry, content] : entries_) {
    writer.add(entry);
    if (entry.type == layer::EntryType::file) writer.data(content);
  }
  writer.finish();
  return bytes;
}

std::string gzip(const std::string& bytes) {
  // A raw archive of one entry is the entry's bytes alone, through the filter.
  auto* writer = archive_write_new();
  archive_write_add_filter_gzip(writer);
  archive_write_set_format_raw(writer);
  archive_write_set_bytes_per_block(writer, 0);
  std::string compressed(bytes.size() + 65536, '\0');
  size_t used = 0;
  archive_write_open_memory(writer, compressed.data(), compressed.size(), &used);
  auto* entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(writer, entry);
  EXPECT_EQ(archive_write_data(writer, bytes.data(), bytes.size()), la_ssize_t(bytes.size()));
  archive_entry_free(entry);
  EXPECT_EQ(archive_write_close(writer), ARCHIVE_OK) << archive_error_string(writer);
  archive_write_free(writer);
  compressed.resize(used);
  return compressed;
}

std::string digestOf(const std::string& bytes) {
  layer::Sha256 sum;
  sum.add(bytes);
  return sum.finish();
}

std::string chainId(const std::string& word) {
  return digestOf(word);
}

kj::AutoCloseFd fileWith(const std::string& bytes) {
  kj::AutoCloseFd file(memfd_create("layer", MFD_CLOEXEC));
  os::writeAll(file, bytes.data(), bytes.size());
  return file;
}

schema::Storage::Client storage() {
  return subject<schema::Storage>();
}

UnpackPromise startUnpack(const std::string& chain, kj::AutoCloseFd blob, uint64_t size,
                          const UnpackOptions& options) {
  auto request = storage().unpackRequest();
  request.setChainId(chain.c_str());
  request.setParent(options.parent.c_str());
  auto source = request.initSource();
  source.setBlob(makeFd(kj::mv(blob)));
  source.setSize(size);
  source.setMediaType(options.mediaType.c_str());
  source.setDiffId(options.diffId.c_str());
  return request.send();
}

UnpackPromise startUnpack(const std::string& chain, const std::string& bytes,
                          const UnpackOptions& options) {
  return startUnpack(chain, fileWith(bytes), bytes.size(), options);
}

void unpack(const std::string& chain, const std::string& bytes, const std::string& parent) {
  auto response = wait(startUnpack(chain, bytes, {parent, "", ""}), "a layer");
  EXPECT_NE(response.getDiffId().size(), 0u);
}

ErrorCode refusalToUnpack(const std::string& bytes, const UnpackOptions& options) {
  auto chain = chainId("refused");
  auto code = failureOf(startUnpack(chain, bytes, options), "a layer that must be refused");
  EXPECT_FALSE(hasLayer(chain));
  return code;
}

bool hasLayer(const std::string& chain) {
  auto request = storage().hasLayerRequest();
  request.setChainId(chain.c_str());
  return wait(request.send()).getExists();
}

schema::RootFs::Client prepare(const std::string& snapshot, const std::string& parent) {
  auto request = storage().prepareRequest();
  request.setSnapshot(snapshot.c_str());
  request.setParent(parent.c_str());
  return wait(request.send(), "a snapshot").getRoot();
}

void removeSnapshot(const std::string& snapshot) {
  auto request = storage().removeRequest();
  request.setSnapshot(snapshot.c_str());
  wait(request.send());
}

schema::RootFs::Client view(const std::string& chain) {
  auto request = storage().viewRequest();
  request.setChainId(chain.c_str());
  return wait(request.send()).getRoot();
}

kj::AutoCloseFd mountRoot(schema::RootFs::Client root, bool readOnly) {
  auto request = root.mountRequest();
  request.setReadOnly(readOnly);
  auto response = wait(request.send(), "a mount");
  return wait(takeFd(response.getTree(), "a tree").promise());
}

kj::AutoCloseFd see(const std::string& chain) {
  return mountRoot(view(chain), true);
}

std::string changesOf(schema::RootFs::Client root) {
  auto response = wait(root.changesRequest().send(), "changes");
  std::string text;
  for (auto change : response.getChanges()) {
    text += "CAD"[uint16_t(change.getKind())];
    text += std::string(" ") + change.getPath().cStr() + "\n";
  }
  return text;
}

Diff diffOf(schema::RootFs::Client root) {
  auto bytes = std::make_shared<std::string>();
  auto request = root.diffRequest();
  request.setSink(kj::heap<CollectingSink>(bytes));
  auto response = wait(request.send(), "a diff");
  return {*bytes, response.getDiffId().cStr(), response.getBytes()};
}

std::string read(int tree, const std::string& path) {
  return os::readAll(os::openAt(tree, path, O_RDONLY));
}

void write(int tree, const std::string& path, const std::string& content) {
  auto file = os::openAt(tree, path, O_WRONLY | O_CREAT | O_TRUNC);
  os::writeAll(file, content.data(), content.size());
}

struct stat statOf(int tree, const std::string& path) {
  KJ_IF_MAYBE (info, os::statAt(tree, path)) {
    return *info;
  }
  fail(ErrorCode::NOT_FOUND, "the tree has no " + path);
}

bool exists(int tree, const std::string& path) {
  return os::statAt(tree, path) != nullptr;
}

std::string namesIn(int tree, const std::string& path) {
  std::string text;
  for (auto& name : os::namesIn(os::openAt(tree, path, O_PATH | O_DIRECTORY))) {
    text += (text.empty() ? "" : " ") + name;
  }
  return text;
}

std::string describe(int tree) {
  std::string text;
  for (auto& name : os::namesIn(tree)) describeEntry(tree, name, name, text);
  return text;
}

}  // namespace stave::conformance
