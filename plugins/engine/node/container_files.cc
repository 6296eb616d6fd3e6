#include "container_files.h"

#include <fcntl.h>
#include <stave/error.h>
#include <stave/layer/rooted_writer.h>
#include <stave/layer/tar.h>
#include <stave/os/container_root.h>
#include <stave/os/entry.h>
#include <stave/os/positioned_io.h>
#include <sys/sysmacros.h>

namespace stave::node {

namespace {

constexpr size_t pieceSize = 128 * 1024;

int64_t nanosOf(const timespec& time) {
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

/// The directory that holds the last component; links before it are followed inside the root.
os::Fd parentOf(int root, const std::string& clean) {
  auto opened = os::openWithin(root, layer::parentOf(clean), O_RDONLY | O_DIRECTORY);
  KJ_IF_MAYBE (directory, opened) return kj::mv(*directory);
  fail(ErrorCode::NOT_FOUND, "no such file or directory in the container: /" + clean);
}

struct stat statEntry(int directory, const std::string& name, const std::string& path) {
  KJ_IF_MAYBE (found, os::statAt(directory, name)) return *found;
  fail(ErrorCode::NOT_FOUND, "no such file or directory in the container: /" + path);
}

layer::EntryType typeOf(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return layer::EntryType::directory;
    case S_IFLNK:
      return layer::EntryType::symlink;
    case S_IFCHR:
      return layer::EntryType::character;
    case S_IFBLK:
      return layer::EntryType::block;
    case S_IFIFO:
      return layer::EntryType::fifo;
    default:
      return layer::EntryType::file;
  }
}

layer::Entry entryOf(const struct stat& info, const std::string& path) {
  layer::Entry entry;
  entry.path = path;
  entry.type = typeOf(info.st_mode);
  entry.mode = info.st_mode & 07777;
  entry.uid = info.st_uid;
  entry.gid = info.st_gid;
  entry.modified = info.st_mtim;
  entry.major = major(info.st_rdev);
  entry.minor = minor(info.st_rdev);
  if (entry.type == layer::EntryType::file) entry.size = info.st_size;
  return entry;
}

class TreeWriter {
 public:
  explicit TreeWriter(const std::function<void(std::string_view)>& sink) : tar_(sink) {}

  void add(int directory, const std::string& name, const std::string& path) {
    auto found = os::statAt(directory, name);
    KJ_IF_MAYBE (info, found) addEntry(directory, name, path, *info);
  }
  void addChildren(int directory, const std::string& prefix) {
    for (auto& name : os::namesIn(directory)) add(directory, name, prefix + name);
  }
  void finish() { tar_.finish(); }

 private:
  void addEntry(int directory, const std::string& name, const std::string& path,
                const struct stat& info) {
    if (S_ISSOCK(info.st_mode)) return;
    auto entry = entryOf(info, path);
    if (entry.type == layer::EntryType::symlink) entry.linkTarget = os::readLinkAt(directory, name);
    if (entry.type == layer::EntryType::file) {
      addFile(directory, name, entry);
    } else {
      tar_.add(entry);
    }
    if (entry.type != layer::EntryType::directory) return;
    auto child = os::openAt(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    addChildren(child.get(), path + "/");
  }

  /// A file that shrinks meanwhile is filled up, one that grows is cut.
  void addFile(int directory, const std::string& name, const layer::Entry& entry) {
    auto file = os::openAt(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    tar_.add(entry);
    std::string buffer(pieceSize, '\0');
    for (uint64_t offset = 0; offset < entry.size;) {
      auto wanted = std::min<uint64_t>(pieceSize, entry.size - offset);
      auto got = os::readAt(file.get(), buffer.data(), wanted, offset);
      if (got == 0) std::fill(buffer.begin(), buffer.end(), '\0');
      auto size = got == 0 ? wanted : got;
      tar_.data({buffer.data(), size});
      offset += size;
    }
  }

  layer::TarWriter tar_;
};

/// Pieces of a pipe or file.
class DescriptorSource final : public layer::PieceSource {
 public:
  explicit DescriptorSource(os::Fd file) : file_(kj::mv(file)), buffer_(pieceSize, '\0') {}

  std::string_view next() override {
    auto got = os::readAt(file_.get(), buffer_.data(), buffer_.size(), offset_);
    offset_ += got;
    return {buffer_.data(), got};
  }

 private:
  os::Fd file_;
  std::string buffer_;
  uint64_t offset_ = 0;
};

}  // namespace

FileInfo fileInfo(int root, const std::string& path) {
  auto clean = layer::cleanPath(path);
  auto directory = parentOf(root, clean);
  bool isRoot = clean.empty();
  auto name = isRoot ? std::string(".") : layer::lastName(clean);
  auto info = isRoot ? os::statOf(root) : statEntry(directory.get(), name, clean);
  FileInfo result{.name = isRoot ? "/" : name,
                  .size = static_cast<uint64_t>(info.st_size),
                  .mode = info.st_mode,
                  .modified = nanosOf(info.st_mtim)};
  if (S_ISLNK(info.st_mode)) result.linkTarget = os::readLinkAt(directory.get(), name);
  return result;
}

void writeTree(int root, const std::string& path, const std::string& base,
               const std::function<void(std::string_view)>& sink) {
  auto clean = layer::cleanPath(path);
  TreeWriter writer(sink);
  if (clean.empty()) {
    auto directory = os::openAt(root, ".", O_RDONLY | O_DIRECTORY);
    writer.addChildren(directory.get(), base.empty() ? base : base + "/");
  } else {
    auto directory = parentOf(root, clean);
    statEntry(directory.get(), layer::lastName(clean), clean);
    writer.add(directory.get(), layer::lastName(clean), base);
  }
  writer.finish();
}

void readTree(int root, const std::string& path, os::Fd tar, UnpackOptions options) {
  auto clean = layer::cleanPath(path);
  auto opened = os::openWithin(root, clean, O_RDONLY | O_DIRECTORY);
  KJ_IF_MAYBE (directory, opened) {
    DescriptorSource source(kj::mv(tar));
    layer::TarReader reader(source);
    auto place = os::duplicate(directory->get());
    layer::RootedWriter writer(kj::mv(*directory), layer::Whiteouts::overlay);
    layer::Entry entry;
    while (reader.next(entry)) {
      if (!options.keepOwners) entry.uid = entry.gid = 0;
      auto there = os::statAt(place.get(), layer::cleanPath(entry.path));
      KJ_IF_MAYBE (info, there) {
        bool isDirectory = entry.type == layer::EntryType::directory;
        if (options.noOverwriteDirectory && S_ISDIR(info->st_mode) != isDirectory) {
          fail(ErrorCode::CONFLICT, "cannot overwrite " + entry.path + " in " + path +
                                        ": one is a directory and the other is not");
        }
      }
      writer.add(entry, reader);
    }
    writer.finish();
    return;
  }
  fail(ErrorCode::NOT_FOUND, "no such directory in the container: " + path);
}

}  // namespace stave::node
