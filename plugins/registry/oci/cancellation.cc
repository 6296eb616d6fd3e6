#include "cancellation.h"

#include <stave/error.h>

#include <algorithm>

namespace stave::oci {

void Cancellation::cancel() {
  std::lock_guard lock(mutex_);
  cancelled_ = true;
  changed_.notify_all();
}

bool Cancellation::isCancelled() const {
  std::lock_guard lock(mutex_);
  return cancelled_;
}

void Cancellation::check() const {
  if (isCancelled()) fail(ErrorCode::CANCELLED, "the caller gave up");
  if (Clock::now() >= deadline_) {
    fail(ErrorCode::DEADLINE, "it took longer than the registry plug-in's deadline allows");
  }
}

void Cancellation::sleep(std::chrono::milliseconds duration) const {
  {
    std::unique_lock lock(mutex_);
    auto until = std::min(Clock::now() + duration, deadline_);
    changed_.wait_until(lock, until, [this] { return cancelled_; });
  }
  check();
}

}  // namespace stave::oci
