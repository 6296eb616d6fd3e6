#include "ingest_directory.h"

#include <fcntl.h>
#include <stave/error.h>
#include <stave/image/digest.h>
#include <stave/os/positioned_io.h>

#include <random>
#include <thread>

namespace stave::local {

namespace {

constexpr const char* anonymousPrefix = "anonymous-";

bool isAnonymous(const std::string& key) {
  return key.starts_with(anonymousPrefix);
}

std::string randomName() {
  std::random_device device;
  std::string name;
  for (int i = 0; i < 4; ++i) name += std::to_string(device());
  return name;
}

}  // namespace

IngestDirectory::IngestDirectory(std::string root, std::chrono::milliseconds patience)
    : root_(std::move(root) + "/ingests"), patience_(patience) {
  os::makeDirectories(root_, 0700);
}

std::string IngestDirectory::keyOf(const std::string& digest) {
  if (digest.empty()) return anonymousPrefix + randomName();
  return image::digestOf(digest).substr(sizeof("sha256:") - 1);
}

std::string IngestDirectory::dataPath(const std::string& key) const {
  return pathOf(key) + "/data";
}

/// A writer that was told to stop needs a moment to close its file.
bool IngestDirectory::waitForLock(int file) const {
  constexpr auto pause = std::chrono::milliseconds(20);
  for (auto waited = pause; waited <= patience_; waited += pause) {
    if (os::tryLock(file)) return true;
    std::this_thread::sleep_for(pause);
  }
  return os::tryLock(file);
}

OpenedIngest IngestDirectory::open(const std::string& key, const std::string& digest,
                                   uint64_t size) const {
  os::makeDirectories(pathOf(key), 0700);
  std::string data = dataPath(key);
  OpenedIngest opened{os::open(data, O_RDWR | O_CREAT | O_NOFOLLOW, 0600)};
  if (!waitForLock(opened.file.get())) {
    os::removeFile(data);
    opened.file = os::open(data, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (!os::tryLock(opened.file.get())) {
      fail(ErrorCode::CONFLICT, "ingest of " + digest + ": another writer came first; try again");
    }
  }
  os::replaceFile(pathOf(key) + "/info", digest, 0600);
  opened.offset = os::fileSize(opened.file.get());
  if (size > 0 && opened.offset > size) {
    os::truncate(opened.file.get(), 0);
    opened.offset = 0;
  }
  return opened;
}

os::Fd IngestDirectory::openToRead(const std::string& key) const {
  return os::open(dataPath(key), O_RDONLY | O_NOFOLLOW);
}

void IngestDirectory::remove(const std::string& key) const {
  os::removeTree(pathOf(key));
}

bool IngestDirectory::isLocked(const std::string& key) const {
  return os::exists(dataPath(key)) && !os::tryLock(openToRead(key).get());
}

bool IngestDirectory::discard(const std::string& key, const std::string& trash) const {
  if (isLocked(key)) return false;
  os::rename(pathOf(key), trash + "/ingest-" + randomName());
  return true;
}

IngestFile IngestDirectory::describe(const std::string& key) const {
  IngestFile result{key};
  std::string info = pathOf(key) + "/info";
  if (os::exists(info)) result.digest = os::readFile(info);
  if (auto found = os::findFile(dataPath(key))) {
    result.bytes = found->size;
    result.touched = found->modified;
  }
  return result;
}

std::vector<IngestFile> IngestDirectory::scan() const {
  std::vector<IngestFile> result;
  for (const std::string& key : os::listDirectory(root_)) result.push_back(describe(key));
  return result;
}

void IngestDirectory::removeOrphans() const {
  for (const IngestFile& ingest : scan()) {
    if (isAnonymous(ingest.key) && !isLocked(ingest.key)) remove(ingest.key);
  }
}

}  // namespace stave::local
