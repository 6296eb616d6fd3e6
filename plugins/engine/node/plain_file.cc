#include "plain_file.h"

#include <fcntl.h>
#include <stave/layer/stream.h>
#include <stave/os/file.h>
#include <stave/os/positioned_io.h>

#include <string_view>

namespace stave::node {

namespace {

constexpr size_t pieceSize = 256 * 1024;
constexpr std::string_view gzipMagic("\x1f\x8b", 2);
constexpr std::string_view zstdMagic("\x28\xb5\x2f\xfd", 4);

bool isCompressed(int file) {
  char start[4] = {};
  auto got = os::readAt(file, start, sizeof(start), 0);
  std::string_view found(start, got);
  return found.substr(0, 2) == gzipMagic || found == zstdMagic;
}

}  // namespace

void inflateInPlace(const std::string& path) {
  auto file = os::open(path, O_RDONLY);
  if (!isCompressed(file.get())) return;
  auto size = os::fileSize(file.get());
  auto control = std::make_shared<layer::JobControl>();
  auto source =
      layer::decompress(std::make_unique<layer::GrowingBlob>(kj::mv(file), size, control), "");
  auto plain = path + ".plain";
  {
    auto to = os::open(plain, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    std::string buffer(pieceSize, '\0');
    while (auto got = source->read(buffer.data(), buffer.size())) {
      os::writeAll(to.get(), buffer.data(), got);
    }
  }
  os::rename(plain, path);
}

}  // namespace stave::node
