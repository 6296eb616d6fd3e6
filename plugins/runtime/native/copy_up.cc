#include "copy_up.h"

#include <fcntl.h>
#include <stave/os/entry.h>

#include <vector>

namespace stave::native {

namespace {

constexpr size_t chunkSize = 256 << 10;

void copyContent(int from, int to) {
  std::vector<char> chunk(chunkSize);
  kj::FdInputStream input(from);
  for (size_t size; (size = input.tryRead(chunk.data(), 1, chunk.size())) > 0;) {
    os::writeAll(to, chunk.data(), size);
  }
}

/// Owner first: changing it takes set-user-ID bits away.
void copyMetadata(const struct stat& found, int to) {
  os::setOwner(to, found.st_uid, found.st_gid);
  os::setMode(to, found.st_mode & 07777);
  os::setModified(to, found.st_mtim);
}

void copyDirectory(int from, int to);

void copyAttributes(int from, int to, const std::string& name) {
  for (auto& [attribute, value] : os::attributesAt(from, name)) {
    os::setAttributeAt(to, name, attribute, value);
  }
}

void copyEntry(int from, int to, const std::string& name, const struct stat& found) {
  if (S_ISLNK(found.st_mode)) {
    os::makeSymlinkAt(os::readLinkAt(from, name), to, name);
    return os::setOwnerAt(to, name, found.st_uid, found.st_gid);
  }
  if (S_ISDIR(found.st_mode)) {
    os::makeDirectoryAt(to, name, 0700);
    os::Fd source = os::openAt(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    os::Fd copy = os::openAt(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    copyDirectory(source, copy);
    copyAttributes(from, to, name);
    return copyMetadata(found, copy);
  }
  if (!S_ISREG(found.st_mode)) {
    os::makeNodeAt(to, name, found.st_mode, found.st_rdev);
    os::setOwnerAt(to, name, found.st_uid, found.st_gid);
    return os::setModeAt(to, name, found.st_mode & 07777);
  }
  KJ_IF_MAYBE (copy, os::createFileAt(to, name, 0600)) {
    copyContent(os::openAt(from, name, O_RDONLY | O_NOFOLLOW), *copy);
    os::setOwner(*copy, found.st_uid, found.st_gid);
    copyAttributes(from, to, name);
    copyMetadata(found, *copy);
  }
}

void copyDirectory(int from, int to) {
  for (auto& name : os::namesIn(from)) {
    KJ_IF_MAYBE (found, os::statAt(from, name)) {
      copyEntry(from, to, name, *found);
    }
  }
}

}  // namespace

void copyUp(int root, const std::string& target, int tree) {
  os::Fd copy = os::openAt(tree, ".", O_RDONLY | O_DIRECTORY);
  if (!os::namesIn(copy).empty()) return;
  KJ_IF_MAYBE (source, os::openInRoot(root, target, O_RDONLY)) {
    struct stat found = os::statOf(*source);
    if (!S_ISDIR(found.st_mode)) return;
    copyDirectory(*source, copy);
    copyMetadata(found, copy);
  }
}

}  // namespace stave::native
