#pragma once

#include <stave/os/direct_io.h>
#include <stave/os/file.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

/// Where the bytes of a layer come from: a blob in a file that may still be growing, and what turns
/// it into the uncompressed tar.
namespace stave::layer {

/// Between a long job on a worker thread and who waits for it.
struct JobControl {
  std::atomic<uint64_t> bytesRead{0};  ///< of the blob
  std::atomic<bool> stop{false};       ///< set from outside: the job ends with [cancelled]
};

/// Gives bytes into a buffer of the caller's.
class ByteSource {
 public:
  virtual ~ByteSource() noexcept(false) = default;

  /// At least one byte and at most `size`; 0 only at the end.
  virtual size_t read(char* buffer, size_t size) = 0;
};

/// Gives bytes in pieces of its own.
class PieceSource {
 public:
  virtual ~PieceSource() noexcept(false) = default;

  /// The next piece, valid until the next call; empty at the end.
  virtual std::string_view next() = 0;
};

/// The first `size` bytes of a file. While the file is shorter it waits for whoever writes it.
class GrowingBlob final : public ByteSource {
 public:
  GrowingBlob(os::Fd blob, uint64_t size, std::shared_ptr<JobControl> control);
  size_t read(char* buffer, size_t size) override;

 private:
  size_t readSome(char* buffer, size_t size);
  void waitForGrowth();

  os::Fd blob_;
  uint64_t size_;
  uint64_t position_ = 0;
  std::optional<os::DirectReader> direct_;  ///< for one that is still growing
  std::shared_ptr<JobControl> control_;
};

/// Uncompresses. `mediaType` that ends in "gzip" or "zstd" says what must be there; any other, or
/// an empty one, means that the first bytes tell: gzip, zstd or plain. Fails [invalid] when bytes
/// and media type disagree, and read() when the compressed data is damaged or ends too early.
std::unique_ptr<ByteSource> decompress(std::unique_ptr<ByteSource> compressed,
                                       std::string_view mediaType);

}  // namespace stave::layer
