#pragma once

#include <kj/async.h>
#include <kj/exception.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace stave {

/// A few threads for work that would block the loop: hashing, unpacking, disk. A job sees plain
/// data only, never a capability or a promise.
class WorkerPool {
 public:
  explicit WorkerPool(unsigned threads);
  ~WorkerPool() noexcept;
  KJ_DISALLOW_COPY(WorkerPool);

  /// Runs `job` on some thread; its result or exception comes back on the calling loop. Dropping
  /// the promise does not stop a job that has begun; give long ones a flag to look at.
  template <typename Job>
  auto run(Job job) -> kj::Promise<decltype(job())>;

 private:
  void enqueue(std::function<void()> job);
  void work();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  unsigned limit_;
  unsigned idle_ = 0;
  std::vector<std::thread> threads_;  // started when there is work
};

template <typename Job>
auto WorkerPool::run(Job job) -> kj::Promise<decltype(job())> {
  using Result = decltype(job());
  auto pair = kj::newPromiseAndCrossThreadFulfiller<Result>();
  struct State {
    Job job;
    kj::Own<kj::CrossThreadPromiseFulfiller<Result>> fulfiller;
  };
  auto state = std::make_shared<State>(State{kj::mv(job), kj::mv(pair.fulfiller)});
  enqueue([state = kj::mv(state)]() mutable {
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() {
                   if constexpr (std::is_void_v<Result>) {
                     state->job();
                     state->fulfiller->fulfill();
                   } else {
                     state->fulfiller->fulfill(state->job());
                   }
                 })) {
      state->fulfiller->reject(kj::mv(*exception));
    }
  });
  return kj::mv(pair.promise);
}

}  // namespace stave
