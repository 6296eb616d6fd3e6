#include "stave/directory_set.h"

#include <fcntl.h>

#include "stave/error.h"
#include "stave/name.h"
#include "stave/os/entry.h"

namespace stave {

namespace {

constexpr timespec never{};  // modified then: nothing was made in the directory since `add`
constexpr mode_t mode = 0755;

}  // namespace

DirectorySet::DirectorySet(std::string_view what, std::string_view path)
    : what_(what), path_(path) {
  if (path_.empty() || path_[0] != '/') {
    fail(ErrorCode::INVALID,
         "\"" + path_ + "\" is no place for a " + what_ + ": give an absolute path");
  }
  for (auto* part : {"/all", "/staging"}) os::makeDirectories(path_ + part);
  auto staging = os::open(path_ + "/staging", O_RDONLY | O_DIRECTORY);
  for (auto& name : os::namesIn(staging)) os::removeAt(staging, name);
}

std::string DirectorySet::placeOf(std::string_view name) const {
  return path_ + "/all/" + fileName("a " + what_, name);
}

std::string DirectorySet::newStaging() {
  return path_ + "/staging/" + std::to_string(++counter_);
}

void DirectorySet::add(std::string_view name) {
  auto place = placeOf(name);
  std::lock_guard lock(mutex_);
  if (os::exists(place)) return;
  auto staging = newStaging();
  os::makeDirectories(staging, mode);
  auto made = os::open(staging, O_RDONLY | O_DIRECTORY);
  os::setMode(made, mode);  // whatever the umask is
  os::setModified(made, never);
  os::rename(staging, place);
}

std::string DirectorySet::pathOf(std::string_view name) const {
  auto place = placeOf(name);
  if (os::exists(place)) return place;
  fail(ErrorCode::NOT_FOUND, "there is no " + what_ + " " + std::string(name));
}

bool DirectorySet::untouched(std::string_view name) const {
  auto directory = os::open(pathOf(name), O_RDONLY | O_DIRECTORY);
  auto modified = os::statOf(directory).st_mtim;
  return modified.tv_sec == never.tv_sec && modified.tv_nsec == never.tv_nsec &&
         os::namesIn(directory).empty();
}

void DirectorySet::remove(std::string_view name) {
  auto place = placeOf(name);
  auto staging = newStaging();
  {
    std::lock_guard lock(mutex_);
    if (!os::exists(place)) return;
    auto user = users_.find(std::string(name));
    if (user != users_.end() && !user->second.expired()) {
      fail(ErrorCode::CONFLICT, what_ + " " + std::string(name) + " is in use");
    }
    users_.erase(std::string(name));
    os::rename(place, staging);
  }
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

std::vector<std::string> DirectorySet::names() const {
  return os::listDirectory(path_ + "/all");
}

}  // namespace stave
