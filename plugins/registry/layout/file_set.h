#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stave::layout {

/// Gets the bytes of a file in pieces.
using ByteSink = std::function<void(const char* data, size_t size)>;

/// Files by name, in a directory or in a tar file. Blocks: for worker threads.
class FileSet {
 public:
  virtual ~FileSet() = default;

  /// Size of a file; nothing if there is none of that name.
  virtual std::optional<uint64_t> find(const std::string& name) = 0;

  /// Fails [not-found] naming file and place.
  virtual void read(const std::string& name, const ByteSink& sink) = 0;

  virtual std::vector<std::string> names() = 0;

  /// A small file as a whole. Fails [invalid] if it is larger than `limit`.
  std::string text(const std::string& name, uint64_t limit = 4 * 1024 * 1024);

  virtual const std::string& place() const = 0;
};

std::unique_ptr<FileSet> openDirectory(const std::string& path);

/// A tar file, also a compressed one. Links in it are followed. Fails [invalid] if it is not one.
std::unique_ptr<FileSet> openTar(const std::string& path);

}  // namespace stave::layout
