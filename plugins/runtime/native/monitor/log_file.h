#pragma once

#include <stddef.h>
#include <stdint.h>

#include "system.h"

namespace stave::monitor {

/// A container's log: one line per line of output, rotated by size. Nothing here waits for space:
/// what a full disk does not take is lost, and never half a line of it stays.
class LogFile {
 public:
  static constexpr size_t longestLine = 16 * 1024;

  /// `directory` stays the caller's; -1: output is not logged. `files`: kept, the current one
  /// included.
  void open(int directory, const char* name, uint64_t maximumBytes, uint32_t files);

  /// Output of stream 1 or 2. A line is written when it is complete or as long as a line may be.
  void append(int stream, const char* data, size_t size, int64_t time);

  /// Writes what has no end of line yet.
  void finish(int64_t time);

  /// The file was moved away: begins a new one under the old name.
  void reopen();

 private:
  struct Line {
    char data[longestLine];
    size_t size = 0;
  };

  void emit(int stream, char flag, const char* data, size_t size, int64_t time);
  void put(const char* data, size_t size);
  void flush();
  void rotate();

  int directory_ = -1;
  const char* name_ = nullptr;
  uint64_t maximumBytes_ = 0;
  uint32_t files_ = 0;
  sys::Fd file_;
  uint64_t size_ = 0;
  Line lines_[2];
  char buffer_[2 * longestLine];
  size_t buffered_ = 0;
};

}  // namespace stave::monitor
