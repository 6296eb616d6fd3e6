#include <fcntl.h>
#include <kj/debug.h>
#include <sys/sysmacros.h>

#include <map>

#include "stave/layer/change.h"
#include "stave/layer/rooted_writer.h"
#include "stave/os/positioned_io.h"
#include "whiteout.h"

namespace stave::layer {

namespace {

constexpr size_t copyChunk = 256 << 10;

kj::Maybe<EntryType> typeOf(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return EntryType::file;
    case S_IFDIR:
      return EntryType::directory;
    case S_IFLNK:
      return EntryType::symlink;
    case S_IFCHR:
      return EntryType::character;
    case S_IFBLK:
      return EntryType::block;
    case S_IFIFO:
      return EntryType::fifo;
    default:
      return nullptr;  // a socket: it means nothing without its process
  }
}

class DiffWriter {
 public:
  DiffWriter(int root, TarWriter& writer) : root_(root), writer_(writer) {}

  void add(const Change& change) {
    if (change.kind == Change::deleted) return addWhiteout(change.path);
    auto parent = os::openInRoot(root_, parentOf(change.path), O_PATH | O_DIRECTORY);
    KJ_IF_MAYBE (directory, parent) {
      auto found = os::statAt(*directory, lastName(change.path));
      KJ_IF_MAYBE (info, found) {
        addEntry(*directory, change.path, *info);
      }
    }
  }

 private:
  using Inode = std::pair<dev_t, ino_t>;

  void addWhiteout(const std::string& path) {
    Entry entry;
    auto parent = parentOf(path);
    entry.path =
        (parent.empty() ? "" : parent + "/") + std::string(whiteoutPrefix) + lastName(path);
    writer_.add(entry);
  }

  void addEntry(int directory, const std::string& path, const struct stat& info) {
    auto name = lastName(path);
    Entry entry;
    KJ_IF_MAYBE (type, typeOf(info.st_mode)) {
      entry.type = *type;
    } else {
      return;
    }
    entry.path = path;
    entry.mode = info.st_mode & 07777;
    entry.uid = info.st_uid;
    entry.gid = info.st_gid;
    entry.modified = info.st_mtim;
    bool device = entry.type == EntryType::character || entry.type == EntryType::block;
    if (device) entry.major = major(info.st_rdev);
    if (device) entry.minor = minor(info.st_rdev);
    if (entry.type == EntryType::symlink) entry.linkTarget = os::readLinkAt(directory, name);
    if (isFurtherLink(info, path, entry)) return writer_.add(entry);
    entry.attributes = os::attributesAt(directory, name);
    std::erase_if(entry.attributes,
                  [](auto& attribute) { return isOverlayAttribute(attribute.first); });
    if (entry.type != EntryType::file) return writer_.add(entry);
    entry.size = uint64_t(info.st_size);
    addFile(directory, name, entry);
  }

  bool isFurtherLink(const struct stat& info, const std::string& path, Entry& entry) {
    if (S_ISDIR(info.st_mode) || info.st_nlink < 2) return false;
    auto [first, isNew] = links_.emplace(Inode(info.st_dev, info.st_ino), path);
    if (isNew) return false;
    entry.type = EntryType::hardLink;
    entry.linkTarget = first->second;
    return true;
  }

  void addFile(int directory, const std::string& name, const Entry& entry) {
    auto opened = os::openInRoot(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    KJ_IF_MAYBE (file, opened) {
      writer_.add(entry);
      buffer_.resize(copyChunk);
      uint64_t position = 0;
      while (position < entry.size) {
        size_t wanted = std::min<uint64_t>(copyChunk, entry.size - position);
        size_t count = os::readAt(*file, buffer_.data(), wanted, position);
        if (count == 0) {
          // It was cut meanwhile; the header has promised so many bytes.
          std::fill_n(buffer_.begin(), wanted, '\0');
          count = wanted;
        }
        writer_.data({buffer_.data(), count});
        position += count;
      }
    }
  }

  int root_;
  TarWriter& writer_;
  std::map<Inode, std::string> links_;
  std::string buffer_;
};

}  // namespace

void writeDiff(int root, const std::vector<Change>& changes, TarWriter& writer) {
  DiffWriter diff(root, writer);
  for (auto& change : changes) diff.add(change);
}

}  // namespace stave::layer
