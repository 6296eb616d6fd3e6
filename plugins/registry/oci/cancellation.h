#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

namespace stave::oci {

using Clock = std::chrono::steady_clock;

/// How a worker thread learns that nobody waits for its job any more, or that time is up.
class Cancellation {
 public:
  explicit Cancellation(Clock::time_point deadline = Clock::time_point::max())
      : deadline_(deadline) {}

  void cancel();
  bool isCancelled() const;
  Clock::time_point deadline() const { return deadline_; }

  /// Throws [cancelled] or [deadline] if the job should end.
  void check() const;

  /// Sleeps, but no longer than until the job should end; then as check().
  void sleep(std::chrono::milliseconds duration) const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool cancelled_ = false;
  Clock::time_point deadline_;
};

using SharedCancellation = std::shared_ptr<Cancellation>;

/// Cancels when it goes: stands in a coroutine, which is destroyed when its caller gives up.
class CancelOnExit {
 public:
  explicit CancelOnExit(SharedCancellation cancellation) : cancellation_(std::move(cancellation)) {}
  ~CancelOnExit() { cancellation_->cancel(); }
  CancelOnExit(const CancelOnExit&) = delete;
  CancelOnExit& operator=(const CancelOnExit&) = delete;

 private:
  SharedCancellation cancellation_;
};

}  // namespace stave::oci
