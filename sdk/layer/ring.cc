#include "ring.h"

#include <algorithm>

namespace stave::layer {

char* Ring::acquire() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this]() {
    return abandoned_ || published_ - std::min(readers_[0].left, readers_[1].left) < blockCount;
  });
  if (abandoned_) return nullptr;
  auto& block = blocks_[published_ % blockCount];
  if (block.bytes == nullptr) block.bytes.reset(new char[blockSize]);
  return block.bytes.get();
}

void Ring::publish(size_t size) {
  std::lock_guard lock(mutex_);
  blocks_[published_++ % blockCount].size = size;
  changed_.notify_all();
}

void Ring::finish(kj::Maybe<kj::Exception> failure) {
  std::lock_guard lock(mutex_);
  finished_ = true;
  failure_ = kj::mv(failure);
  changed_.notify_all();
}

std::string_view Ring::next(Reader reader) {
  auto& progress = readers_[reader];
  std::unique_lock lock(mutex_);
  if (progress.left != progress.taken) {
    progress.left = progress.taken;
    changed_.notify_all();
  }
  changed_.wait(lock, [&]() { return abandoned_ || finished_ || progress.taken < published_; });
  if (progress.taken < published_ && !abandoned_) {
    auto& block = blocks_[progress.taken++ % blockCount];
    return {block.bytes.get(), block.size};
  }
  KJ_IF_MAYBE (failure, failure_) {
    kj::throwFatalException(kj::cp(*failure));
  }
  return {};
}

void Ring::abandon() {
  std::lock_guard lock(mutex_);
  abandoned_ = true;
  changed_.notify_all();
}

}  // namespace stave::layer
