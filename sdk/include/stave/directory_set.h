#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace stave {

/// Directories by name, for a driver whose things are directories: below `path` they stand in
/// `all/NAME`, and in `staging` while they are made or deleted, so that each appears and goes by
/// one rename whatever is killed when. Names are those of stave/name.h. May be used by several
/// threads.
class DirectorySet {
 public:
  /// `what` is what errors call one of them: "volume". Removes what a crash left half made.
  DirectorySet(std::string_view what, std::string_view path);

  /// Exists: nothing happens. Fails [invalid] for a bad name.
  void add(std::string_view name);

  /// Where it lies. Fails [not-found].
  std::string pathOf(std::string_view name) const;

  /// Whether nothing was ever made in it. Fails [not-found].
  bool untouched(std::string_view name) const;

  /// Unknown: nothing happens. Fails [conflict] while somebody holds a `use`. Deletes files, so it
  /// may take long.
  void remove(std::string_view name);

  /// Keeps the directory from being removed as long as a copy of the result exists.
  std::shared_ptr<const void> use(std::string_view name);

  std::vector<std::string> names() const;  ///< sorted

 private:
  std::string placeOf(std::string_view name) const;
  std::string newStaging();

  std::string what_;
  std::string path_;
  std::atomic<uint64_t> counter_{0};
  std::mutex mutex_;  // of what follows
  std::map<std::string, std::weak_ptr<const void>> users_;
};

}  // namespace stave
