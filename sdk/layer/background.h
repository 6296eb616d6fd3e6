#pragma once

#include <kj/exception.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace stave::layer {

/// One thread for work that nobody waits for. Jobs are short or can be begun anew after a crash;
/// what has not begun when it is destroyed is left.
class Background {
 public:
  /// A job that throws is given to `onFailure`, on the background thread.
  explicit Background(std::function<void(const kj::Exception&)> onFailure);
  ~Background() noexcept;

  void post(std::function<void()> job);

  /// Waits until everything posted so far is done.
  void drain();

 private:
  void work();

  std::function<void(const kj::Exception&)> onFailure_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool busy_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace stave::layer
