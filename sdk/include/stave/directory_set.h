#pragma once

#include <time.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace stave {

/// Directories by name, for a driver whose things are directories: below `path` they stand in
/// `WHATs/NAME`, and in `staging` while they are made or deleted, so that each appears and goes by
/// one rename whatever is killed when, and is safe from a power failure when `add` returns. Names
/// are those of stave/name.h. May be used by several threads.
class DirectorySet {
 public:
  /// `what` is what errors call one of them: "volume". Removes what a crash left half made.
  DirectorySet(std::string_view what, std::string_view path);

  using Fill = std::function<void(const std::string& directory)>;

  /// `fill` puts into the directory what belongs there before anybody sees it, and sees to it that
  /// the contents of its files are on disk. False: it is there already, and nothing happened. Fails
  /// [invalid] for a bad name.
  bool add(std::string_view name, const Fill& fill = {});

  /// Where it lies. Fails [not-found].
  std::string pathOf(std::string_view name) const;

  /// Whether nothing was ever made in it, if nothing filled it. Fails [not-found].
  bool untouched(std::string_view name) const;

  /// Unknown: nothing happens. Fails [conflict] while somebody holds a `use`. Deletes files, so it
  /// may take long.
  void remove(std::string_view name);

  /// Keeps the directory from being removed as long as a copy of the result exists.
  std::shared_ptr<const void> use(std::string_view name);
  bool inUse(std::string_view name);

  std::vector<std::string> names() const;  ///< sorted

 private:
  std::string placeOf(std::string_view name) const;
  std::string newStaging();
  bool isUsed(std::string_view name) const;

  std::string what_;
  std::string path_;
  std::string all_;
  std::atomic<uint64_t> counter_{0};
  std::mutex mutex_;  // of what follows
  std::map<std::string, std::weak_ptr<const void>, std::less<>> users_;
};

/// Marks an empty directory by its time of modification, so that it can be told later whether
/// anything was ever made in it. Permissions are those that a thing of everybody has, whatever the
/// umask is.
void markUntouched(const std::string& directory, timespec mark = {});
bool isUntouched(const std::string& directory, timespec mark = {});

}  // namespace stave
