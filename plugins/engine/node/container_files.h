#pragma once

#include <stave/os/file.h>
#include <sys/stat.h>

#include <functional>
#include <string>

/// Files of a container, seen from its root directory only. Everything here blocks.
namespace stave::node {

struct FileInfo {
  std::string name;
  uint64_t size;
  mode_t mode;
  int64_t modified;  ///< Unix time, nanoseconds
  std::string linkTarget;
};

/// Of the thing itself, not of what a link points to. Fails [not-found].
FileInfo fileInfo(int root, const std::string& path);

/// Writes the file or tree as a tar. `base`: what the names begin with; empty: nothing, for a whole
/// root.
void writeTree(int root, const std::string& path, const std::string& base,
               const std::function<void(std::string_view)>& sink);

/// Unpacks a tar from a descriptor into the directory.
struct UnpackOptions {
  bool keepOwners = false;
  bool noOverwriteDirectory = false;
};
void readTree(int root, const std::string& path, os::Fd tar, UnpackOptions options);

}  // namespace stave::node
