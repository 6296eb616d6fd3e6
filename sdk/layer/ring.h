#pragma once

#include <array>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <string_view>

namespace stave::layer {

/// A ring of blocks between one thread that fills them and two that each read all of them. The memory is
/// bounded, and the same blocks are used again and again, so their pages are touched once.
class Ring {
 public:
  enum Reader : size_t { extractor, hasher };
  static constexpr size_t blockSize = 256 << 10;

  /// The writer: waits for a block that both readers have left. Null: nobody wants more.
  char* acquire();
  void publish(size_t size);

  /// The writer is done; with an exception when it failed.
  void finish(std::exception_ptr failure);

  /// A reader: leaves its last block and waits for the next. Empty at the end. Throws what the writer
  /// failed with, once everything before has been read.
  std::string_view next(Reader reader);

  /// Nobody wants more: wakes everyone up.
  void abandon();

 private:
  static constexpr size_t blockCount = 16;
  struct Block {
    std::unique_ptr<char[]> bytes;
    size_t size = 0;
  };
  struct Progress {
    uint64_t taken = 0;  ///< blocks begun
    uint64_t left = 0;   ///< blocks given back
  };

  std::mutex mutex_;
  std::condition_variable changed_;
  std::array<Block, blockCount> blocks_;
  std::array<Progress, 2> readers_;
  uint64_t published_ = 0;
  bool finished_ = false;
  bool abandoned_ = false;
  std::exception_ptr failure_;
};

}  // namespace stave::layer
