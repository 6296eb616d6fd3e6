#include <errno.h>
#include <fcntl.h>
#include <stave/os/direct_io.h>
#include <stave/os/positioned_io.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <new>

namespace stave::os {

namespace {

constexpr size_t writtenBlock = 1 << 20;
constexpr size_t readBlockSize = 512 << 10;
constexpr std::align_val_t aligned{AlignedBuffer::alignment};

/// Another description of the file: the flag of the first one is not ours to set. Null where that
/// is not possible.
Fd openDirect(int file, int access) {
  std::string path = "/proc/self/fd/" + std::to_string(file);
  return Fd(::open(path.c_str(), access | O_DIRECT | O_CLOEXEC));
}

uint64_t down(uint64_t offset) {
  return offset - offset % AlignedBuffer::alignment;
}

}  // namespace

AlignedBuffer::AlignedBuffer(size_t size)
    : data_(static_cast<char*>(::operator new(size, aligned))), size_(size) {}

AlignedBuffer::~AlignedBuffer() {
  ::operator delete(data_, aligned);
}

DirectWriter::DirectWriter(int file, uint64_t offset)
    : file_(file), direct_(openDirect(file, O_WRONLY)), offset_(offset), buffer_(writtenBlock) {}

/// A first block after an odd offset is shorter, so that the others lie where they should.
void DirectWriter::write(const void* data, size_t size) {
  auto bytes = static_cast<const char*>(data);
  while (size > 0) {
    size_t room = buffer_.size() - offset_ % buffer_.size() - filled_;
    size_t count = std::min(size, room);
    memcpy(buffer_.data() + filled_, bytes, count);
    filled_ += count;
    bytes += count;
    size -= count;
    if (count == room) writeBlock();
  }
}

void DirectWriter::writeBlock() {
  bool whole = filled_ == buffer_.size();
  if (whole && direct_.get() >= 0) {
    ssize_t written = ::pwrite(direct_, buffer_.data(), filled_, static_cast<off_t>(offset_));
    if (written == static_cast<ssize_t>(filled_)) {
      offset_ += filled_;
      filled_ = 0;
      return;
    }
    // Too large a block for the device, or a full disk, which the usual way will tell.
    direct_ = nullptr;
  }
  flush();
}

void DirectWriter::flush() {
  writeAllAt(file_, buffer_.data(), filled_, offset_);
  offset_ += filled_;
  filled_ = 0;
}

void DirectWriter::restart(uint64_t offset) {
  offset_ = offset;
  filled_ = 0;
}

DirectReader::DirectReader(int file)
    : file_(file), direct_(openDirect(file, O_RDONLY)), buffer_(readBlockSize) {}

size_t DirectReader::readBlock(uint64_t begin) {
  if (direct_.get() >= 0) {
    ssize_t got = ::pread(direct_, buffer_.data(), buffer_.size(), static_cast<off_t>(begin));
    if (got >= 0) return static_cast<size_t>(got);
    direct_ = nullptr;
  }
  return os::readAt(file_, buffer_.data(), buffer_.size(), begin);
}

size_t DirectReader::readAt(void* data, size_t size, uint64_t offset) {
  if (offset < begin_ || offset >= begin_ + held_) {
    begin_ = down(offset);
    held_ = 0;
    held_ = readBlock(begin_);
    if (offset >= begin_ + held_) return 0;
  }
  size_t count = std::min<uint64_t>(size, begin_ + held_ - offset);
  memcpy(data, buffer_.data() + (offset - begin_), count);
  return count;
}

}  // namespace stave::os
