#pragma once

#include <stave/os/file.h>

#include <cstddef>
#include <cstdint>
#include <memory>

/// File data past the page cache (O_DIRECT of open(2)). What is written once and read once, as a
/// layer under way, needs no copy there, and fresh pages cost more than the disk does. A file
/// system that cannot do so is used as usual.
namespace stave::os {

/// Memory at the alignment that every block device is content with.
class AlignedBuffer {
 public:
  static constexpr size_t alignment = 4096;

  explicit AlignedBuffer(size_t size);
  ~AlignedBuffer();
  AlignedBuffer(const AlignedBuffer&) = delete;
  AlignedBuffer& operator=(const AlignedBuffer&) = delete;

  char* data() { return data_; }
  size_t size() const { return size_; }

 private:
  char* data_;
  size_t size_;
};

/// Writes a stream to a file, one large block after the other. What is not flushed is not there
/// yet.
class DirectWriter {
 public:
  /// `file` stays open as long as this is used. The stream goes on at `offset`.
  DirectWriter(int file, uint64_t offset);
  ~DirectWriter() noexcept {}

  void write(const void* data, size_t size);
  void flush();
  void restart(uint64_t offset);  ///< forgets what was not flushed

 private:
  void writeBlock();

  int file_;
  Fd direct_;
  uint64_t offset_;  ///< of the buffer's first byte
  size_t filled_ = 0;
  AlignedBuffer buffer_;
};

/// Reads a file from its beginning to its end, also while it grows.
class DirectReader {
 public:
  explicit DirectReader(int file);
  ~DirectReader() noexcept {}

  /// As os::readAt.
  size_t readAt(void* data, size_t size, uint64_t offset);

 private:
  size_t readBlock(uint64_t begin);

  int file_;
  Fd direct_;
  uint64_t begin_ = 0;  ///< of what the buffer holds
  size_t held_ = 0;
  AlignedBuffer buffer_;
};

}  // namespace stave::os
