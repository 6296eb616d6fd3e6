#include <algorithm>

#include "stave/error.h"
#include "stave/layer/stream.h"
#include "stave/os/growth.h"
#include "stave/os/positioned_io.h"

namespace stave::layer {

namespace {
/// How soon a waiting job notices that it was stopped.
constexpr uint32_t stopLatencyMilliseconds = 50;
}  // namespace

GrowingBlob::GrowingBlob(os::Fd blob, uint64_t size, std::shared_ptr<JobControl> control)
    : blob_(kj::mv(blob)), size_(size), control_(std::move(control)) {
  if (os::fileSize(blob_) < size_) direct_.emplace(blob_);
}

size_t GrowingBlob::read(char* buffer, size_t size) {
  size_t filled = 0;
  size = std::min<uint64_t>(size, size_ - position_);
  while (filled < size) {
    if (control_->stop) fail(ErrorCode::CANCELLED, "reading the layer was stopped");
    size_t count = readSome(buffer + filled, size - filled);
    // What has come is worth more now than a full buffer later.
    if (count == 0 && filled > 0) break;
    if (count == 0) waitForGrowth();
    filled += count;
  }
  return filled;
}

size_t GrowingBlob::readSome(char* buffer, size_t size) {
  size_t count = direct_ ? direct_->readAt(buffer, size, position_)
                         : os::readAt(blob_, buffer, size, position_);
  position_ += count;
  control_->bytesRead += count;
  return count;
}

void GrowingBlob::waitForGrowth() {
  os::GrowthWatch watch(blob_);
  while (os::fileSize(blob_) <= position_) {
    if (control_->stop) fail(ErrorCode::CANCELLED, "waiting for the layer to arrive was stopped");
    watch.wait(stopLatencyMilliseconds);
  }
}

}  // namespace stave::layer
