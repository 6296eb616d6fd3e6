#include "stave/directory_set.h"

#include <fcntl.h>

#include "stave/error.h"
#include "stave/name.h"
#include "stave/os/entry.h"
#include "stave/os/positioned_io.h"

namespace stave {

namespace {

constexpr mode_t mode = 0755;
constexpr mode_t ownMode = 0700;  // of what holds them

}  // namespace

DirectorySet::DirectorySet(std::string_view what, std::string_view path)
    : what_(what), path_(path), all_(path_ + "/" + what_ + "s") {
  if (path_.empty() || path_[0] != '/') {
    fail(ErrorCode::INVALID,
         "\"" + path_ + "\" is no place for a " + what_ + ": give an absolute path");
  }
  os::makeDirectories(all_, ownMode);
  os::makeDirectories(path_ + "/staging", ownMode);
  auto staging = os::open(path_ + "/staging", O_RDONLY | O_DIRECTORY);
  for (auto& name : os::namesIn(staging)) os::removeAt(staging, name);
}

std::string DirectorySet::placeOf(std::string_view name) const {
  return all_ + "/" + fileName("a " + what_, name);
}

std::string DirectorySet::newStaging() {
  return path_ + "/staging/" + std::to_string(++counter_);
}

bool DirectorySet::add(std::string_view name, const Fill& fill) {
  auto place = placeOf(name);
  std::lock_guard lock(mutex_);
  if (os::exists(place)) return false;
  auto staging = newStaging();
  try {
    os::makeDirectories(staging, mode);
    markUntouched(staging);
    if (fill) fill(staging);
    os::syncDirectory(staging);
    os::rename(staging, place);
  } catch (...) {
    os::removeTree(staging);
    throw;
  }
  os::syncDirectory(all_);
  return true;
}

std::string DirectorySet::pathOf(std::string_view name) const {
  auto place = placeOf(name);
  if (os::exists(place)) return place;
  fail(ErrorCode::NOT_FOUND, "there is no " + what_ + " " + std::string(name));
}

bool DirectorySet::untouched(std::string_view name) const {
  return isUntouched(pathOf(name));
}

void DirectorySet::remove(std::string_view name) {
  auto place = placeOf(name);
  auto staging = newStaging();
  {
    std::lock_guard lock(mutex_);
    if (!os::exists(place)) return;
    if (isUsed(name)) fail(ErrorCode::CONFLICT, what_ + " " + std::string(name) + " is in use");
    users_.erase(std::string(name));
    os::rename(place, staging);
  }
  // After a power failure it is there whole or not at all.
  os::syncDirectory(all_);
  os::removeTree(staging);
}

std::shared_ptr<const void> DirectorySet::use(std::string_view name) {
  std::lock_guard lock(mutex_);
  pathOf(name);
  auto& known = users_[std::string(name)];
  auto user = known.lock();
  if (!user) known = user = std::make_shared<char>();
  return user;
}

bool DirectorySet::inUse(std::string_view name) {
  std::lock_guard lock(mutex_);
  return isUsed(name);
}

bool DirectorySet::isUsed(std::string_view name) const {
  auto user = users_.find(name);
  return user != users_.end() && !user->second.expired();
}

std::vector<std::string> DirectorySet::names() const {
  return os::listDirectory(all_);
}

void markUntouched(const std::string& directory, timespec mark) {
  auto opened = os::open(directory, O_RDONLY | O_DIRECTORY);
  os::setMode(opened, mode);
  os::setModified(opened, mark);
}

bool isUntouched(const std::string& directory, timespec mark) {
  auto opened = os::open(directory, O_RDONLY | O_DIRECTORY);
  auto modified = os::statOf(opened).st_mtim;
  return modified.tv_sec == mark.tv_sec && modified.tv_nsec == mark.tv_nsec &&
         os::namesIn(opened).empty();
}

}  // namespace stave
