#pragma once

#include <kj/exception.h>

#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string_view>

namespace stave::layer {

/// A ring of blocks between one thread that fills them and two that each read all of them. The
/// memory is bounded, and the same blocks are used again and again, so their pages are touched
/// once.
class Ring {
 public:
  enum Reader : size_t { extractor, hasher };
  static constexpr size_t blockSize = 256 << 10;

  /// The writer: waits for a block that both readers have left. Null: nobody wants more.
  char* acquire();
  void publish(size_t size);

  /// The writer is done; with an exception when it failed. Each reader throws a copy of it: KJ's
  /// exceptions die with the process when the thread that destroys one is not the one that threw
  /// it.
  void finish(kj::Maybe<kj::Exception> failure);

  /// A reader: leaves its last block and waits for the next. Empty at the end. Throws what the
  /// writer failed with, once everything before has been read.
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
  kj::Maybe<kj::Exception> failure_;
};

}  // namespace stave::layer
