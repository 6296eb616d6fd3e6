#include <array>
#include <cstring>

#include "decompressors.h"
#include "stave/error.h"

namespace stave::layer {

namespace {

constexpr std::string_view gzipMagic = "\x1f\x8b";
constexpr std::string_view zstdMagic = "\x28\xb5\x2f\xfd";
constexpr size_t longestMagic = 4;

/// Gives back the bytes that were read to look at them, then the rest.
class Replay final : public ByteSource {
 public:
  explicit Replay(std::unique_ptr<ByteSource> source) : source_(std::move(source)) {
    while (head_.size() < longestMagic) {
      char buffer[longestMagic];
      size_t count = source_->read(buffer, longestMagic - head_.size());
      if (count == 0) break;
      head_.append(buffer, count);
    }
  }

  std::string_view head() const { return head_; }

  size_t read(char* buffer, size_t size) override {
    if (head_.empty()) return source_->read(buffer, size);
    size_t count = head_.copy(buffer, size);
    head_.erase(0, count);
    return count;
  }

 private:
  std::unique_ptr<ByteSource> source_;
  std::string head_;
};

void requireMagic(bool matches, std::string_view mediaType, std::string_view kind) {
  if (matches) return;
  fail(ErrorCode::INVALID, "the layer's media type is " + std::string(mediaType) +
                               " but its bytes are not " + std::string(kind));
}

}  // namespace

std::unique_ptr<ByteSource> decompress(std::unique_ptr<ByteSource> compressed,
                                       std::string_view mediaType) {
  auto source = std::make_unique<Replay>(std::move(compressed));
  bool gzip = source->head().starts_with(gzipMagic);
  bool zstd = source->head().starts_with(zstdMagic);
  if (mediaType.ends_with("gzip")) requireMagic(gzip, mediaType, "gzip");
  if (mediaType.ends_with("zstd")) requireMagic(zstd, mediaType, "zstd");
  if (gzip) return newGunzip(std::move(source));
  if (zstd) return newUnzstd(std::move(source));
  return source;
}

}  // namespace stave::layer
