#include "file_set.h"

#include <fcntl.h>
#include <stave/error.h>
#include <stave/os/file.h>
#include <stave/os/positioned_io.h>

namespace stave::layout {

namespace {

constexpr size_t bufferSize = 256 * 1024;

class Directory final : public FileSet {
 public:
  explicit Directory(std::string path) : path_(std::move(path)) {
    if (!os::exists(path_)) fail(ErrorCode::NOT_FOUND, path_ + ": there is no such directory");
  }

  std::optional<uint64_t> find(const std::string& name) override {
    auto found = os::findFile(path_ + "/" + name);
    return found ? std::optional<uint64_t>(found->size) : std::nullopt;
  }

  void read(const std::string& name, const ByteSink& sink) override {
    if (!find(name)) fail(ErrorCode::NOT_FOUND, path_ + ": has no file " + name);
    auto file = os::open(path_ + "/" + name, O_RDONLY | O_NOFOLLOW);
    std::vector<char> buffer(bufferSize);
    for (uint64_t offset = 0;;) {
      size_t got = os::readAt(file.get(), buffer.data(), buffer.size(), offset);
      if (got == 0) return;
      sink(buffer.data(), got);
      offset += got;
    }
  }

  std::vector<std::string> names() override { return os::listDirectory(path_); }
  const std::string& place() const override { return path_; }

 private:
  std::string path_;
};

}  // namespace

std::string FileSet::text(const std::string& name, uint64_t limit) {
  std::string result;
  read(name, [&](const char* data, size_t size) {
    if (result.size() + size > limit) {
      fail(ErrorCode::INVALID, place() + ": " + name + " is larger than the " +
                                   std::to_string(limit) + " bytes allowed");
    }
    result.append(data, size);
  });
  return result;
}

std::unique_ptr<FileSet> openDirectory(const std::string& path) {
  return std::make_unique<Directory>(path);
}

}  // namespace stave::layout
