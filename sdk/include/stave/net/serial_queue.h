#pragma once

#include <kj/async.h>
#include <kj/function.h>
#include <stave/worker_pool.h>

namespace stave::net {

/// Runs jobs on the worker pool one after the other, in the order in which they came: a driver's
/// plain data then needs no lock, and the kernel takes one change of the network at a time anyway.
/// A job that has been queued runs even if nobody waits for it any more.
class SerialQueue {
 public:
  explicit SerialQueue(WorkerPool& workers) : workers_(workers), tail_(kj::READY_NOW) {}

  template <typename Job>
  auto run(Job job) -> kj::Promise<decltype(job())> {
    using Result = decltype(job());
    auto pair = kj::newPromiseAndFulfiller<Result>();
    tail_ = tail_
                .then([this, job = kj::mv(job), fulfiller = kj::mv(pair.fulfiller)]() mutable {
                  return deliver(workers_.run(kj::mv(job)), kj::mv(fulfiller));
                })
                .eagerlyEvaluate(nullptr);
    return kj::mv(pair.promise);
  }

 private:
  template <typename Result>
  static kj::Promise<void> deliver(kj::Promise<Result> work,
                                   kj::Own<kj::PromiseFulfiller<Result>> fulfiller) {
    auto& target = *fulfiller;
    auto onFailure = [&target](kj::Exception&& exception) { target.reject(kj::mv(exception)); };
    if constexpr (std::is_void_v<Result>) {
      return work.then([&target]() { target.fulfill(); }, kj::mv(onFailure))
          .attach(kj::mv(fulfiller));
    } else {
      auto onSuccess = [&target](Result&& result) { target.fulfill(kj::mv(result)); };
      return work.then(kj::mv(onSuccess), kj::mv(onFailure)).attach(kj::mv(fulfiller));
    }
  }

  WorkerPool& workers_;
  kj::Promise<void> tail_;
};

}  // namespace stave::net
