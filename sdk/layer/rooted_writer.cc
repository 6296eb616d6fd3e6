#include "stave/layer/rooted_writer.h"

#include <fcntl.h>
#include <kj/debug.h>
#include <sys/sysmacros.h>

#include "stave/error.h"
#include "stave/os/positioned_io.h"
#include "whiteout.h"

namespace stave::layer {

namespace {

/// Open directories kept at a time; archives stay in one directory for long.
constexpr size_t maxOpenDirectories = 64;
constexpr mode_t impliedMode = 0755;
constexpr size_t maxLinkTarget = 4095;

mode_t kindOf(EntryType type) {
  switch (type) {
    case EntryType::character:
      return S_IFCHR;
    case EntryType::block:
      return S_IFBLK;
    default:
      return S_IFIFO;
  }
}

}  // namespace

RootedWriter::RootedWriter(os::Fd root, Whiteouts whiteouts)
    : root_(kj::mv(root)), whiteouts_(whiteouts) {}

void RootedWriter::add(const Entry& entry, TarReader& reader) {
  auto path = cleanPath(entry.path);
  if (path.empty()) return addRoot(entry);
  auto place = placeOf(path);
  if (addWhiteout(place)) return;
  switch (entry.type) {
    case EntryType::directory:
      addDirectory(place, entry);
      break;
    case EntryType::file:
      addFile(place, entry, reader);
      break;
    case EntryType::hardLink:
      addHardLink(place, entry);
      break;
    default:
      addNode(place, entry);
  }
  remember(path);
}

void RootedWriter::finish() {
  // Children come after their parents in the map's order; a child's time is of no matter to its
  // parent.
  for (auto& [path, modified] : times_) {
    KJ_IF_MAYBE (directory, os::openInRoot(root_, path, O_RDONLY | O_DIRECTORY)) {
      os::setModified(*directory, modified);
    }
  }
}

std::shared_ptr<os::Fd> RootedWriter::directoryAt(const std::string& path) {
  auto known = directories_.find(path);
  if (known != directories_.end()) return known->second;
  auto found = os::openInRoot(root_, path, O_PATH | O_DIRECTORY);
  std::shared_ptr<os::Fd> directory;
  KJ_IF_MAYBE (fd, found) {
    directory = std::make_shared<os::Fd>(kj::mv(*fd));
  } else {
    directory = std::make_shared<os::Fd>(makeDirectory(path));
  }
  if (directories_.size() >= maxOpenDirectories) directories_.clear();
  directories_[path] = directory;
  return directory;
}

/// Makes a directory that the archive needs but did not name yet, and those above.
os::Fd RootedWriter::makeDirectory(const std::string& path) {
  auto parent = directoryAt(parentOf(path));
  if (os::makeDirectoryAt(*parent, lastName(path), impliedMode)) {
    os::setModeAt(*parent, lastName(path), impliedMode);
    implied_.push_back(path);
    remember(path);
  }
  KJ_IF_MAYBE (fd, os::openInRoot(root_, path, O_PATH | O_DIRECTORY)) {
    return kj::mv(*fd);
  }
  fail(ErrorCode::INVALID, "the directory " + path + " is a symbolic link that leads nowhere");
}

RootedWriter::Place RootedWriter::placeOf(const std::string& path) {
  return {directoryAt(parentOf(path)), lastName(path), path};
}

void RootedWriter::remember(const std::string& path) {
  if (whiteouts_ == Whiteouts::apply) made_.insert(path);
}

/// Makes room: what is there goes away, and with it what is known about directories below it.
void RootedWriter::clear(const Place& place) {
  auto found = os::statAt(place.in(), place.name);
  KJ_IF_MAYBE (info, found) {
    os::removeAt(place.in(), place.name);
    if (S_ISDIR(info->st_mode) || S_ISLNK(info->st_mode)) forgetDirectories(place.path);
  }
}

void RootedWriter::forgetDirectories(const std::string& path) {
  auto inside = [&](const std::string& other) {
    return other == path || other.starts_with(path + "/");
  };
  directories_.clear();
  std::erase_if(times_, [&](auto& entry) { return inside(entry.first); });
  std::erase_if(implied_, inside);
}

void RootedWriter::addRoot(const Entry& entry) {
  if (entry.type != EntryType::directory) {
    fail(ErrorCode::INVALID, "the root of the file system is not a directory in it");
  }
  rootNamed_ = true;
  auto root = std::make_shared<os::Fd>(os::duplicate(root_));
  Place place{root, ".", ""};
  os::setOwnerAt(place.in(), place.name, entry.uid, entry.gid);
  os::setModeAt(place.in(), place.name, entry.mode);
  setAttributes(place, entry);
  times_[""] = entry.modified;
}

/// An empty directory, or the one that is there.
void RootedWriter::prepareDirectory(const Place& place) {
  if (os::makeDirectoryAt(place.in(), place.name, 0700)) return;
  auto existing = os::statAt(place.in(), place.name);
  KJ_IF_MAYBE (info, existing) {
    if (S_ISDIR(info->st_mode)) {
      for (auto& [attribute, value] : os::attributesAt(place.in(), place.name)) {
        if (!isOverlayAttribute(attribute))
          os::removeAttributeAt(place.in(), place.name, attribute);
      }
      return;
    }
  }
  clear(place);
  os::makeDirectoryAt(place.in(), place.name, 0700);
  // What stood here hid the directory that a layer below may have; so must this one.
  hideContent(place.path);
}

void RootedWriter::addDirectory(const Place& place, const Entry& entry) {
  prepareDirectory(place);
  os::setOwnerAt(place.in(), place.name, entry.uid, entry.gid);
  os::setModeAt(place.in(), place.name, entry.mode);
  setAttributes(place, entry);
  times_[place.path] = entry.modified;
  std::erase(implied_, place.path);
}

void RootedWriter::addFile(const Place& place, const Entry& entry, TarReader& reader) {
  auto made = os::createFileAt(place.in(), place.name, 0600);
  if (made == nullptr) {
    clear(place);
    made = os::createFileAt(place.in(), place.name, 0600);
  }
  auto& file = KJ_ASSERT_NONNULL(made, "a second writer is at work in the same directory");
  uint64_t offset = 0;
  std::string_view bytes;
  if (entry.sparse) {
    while (reader.data(offset, bytes)) os::writeAllAt(file, bytes.data(), bytes.size(), offset);
    os::truncate(file, entry.size);
  } else {
    while (reader.data(offset, bytes)) os::writeAll(file, bytes.data(), bytes.size());
  }
  os::setOwner(file, entry.uid, entry.gid);
  os::setMode(file, entry.mode);
  for (auto& [attribute, value] : entry.attributes) {
    if (!skipsAttribute(entry, attribute)) os::setAttribute(file, attribute, value);
  }
  os::setModified(file, entry.modified);
}

void RootedWriter::addHardLink(const Place& place, const Entry& entry) {
  auto target = placeOf(cleanPath(entry.linkTarget));
  auto found = os::statAt(target.in(), target.name);
  KJ_IF_MAYBE (info, found) {
    if (S_ISDIR(info->st_mode)) {
      fail(ErrorCode::INVALID, "it is a hard link to the directory " + entry.linkTarget);
    }
  } else {
    fail(ErrorCode::INVALID,
         "it is a hard link to " + entry.linkTarget + ", which is not in the layer");
  }
  if (target.path == place.path) return;
  clear(place);
  os::makeLinkAt(target.in(), target.name, place.in(), place.name);
}

void RootedWriter::addNode(const Place& place, const Entry& entry) {
  clear(place);
  if (entry.type == EntryType::symlink) {
    if (entry.linkTarget.empty() || entry.linkTarget.size() > maxLinkTarget ||
        entry.linkTarget.find('\0') != std::string::npos) {
      fail(ErrorCode::INVALID, "the target of the symbolic link is impossible");
    }
    os::makeSymlinkAt(entry.linkTarget, place.in(), place.name);
  } else {
    auto device = makedev(entry.major, entry.minor);
    os::makeNodeAt(place.in(), place.name, kindOf(entry.type) | 0600, device);
  }
  os::setOwnerAt(place.in(), place.name, entry.uid, entry.gid);
  if (entry.type != EntryType::symlink) os::setModeAt(place.in(), place.name, entry.mode);
  setAttributes(place, entry);
  os::setModifiedAt(place.in(), place.name, entry.modified);
}

void RootedWriter::setAttributes(const Place& place, const Entry& entry) {
  for (auto& [attribute, value] : entry.attributes) {
    if (skipsAttribute(entry, attribute)) continue;
    os::setAttributeAt(place.in(), place.name, attribute, value);
  }
}

bool RootedWriter::skipsAttribute(const Entry& entry, const std::string& attribute) const {
  // A layer may not say how the kernel puts layers together: that could show files of others.
  if (whiteouts_ == Whiteouts::overlay && isOverlayAttribute(attribute)) return true;
  bool holdsUserAttributes = entry.type == EntryType::file || entry.type == EntryType::directory;
  return !holdsUserAttributes && attribute.starts_with("user.");
}

}  // namespace stave::layer
