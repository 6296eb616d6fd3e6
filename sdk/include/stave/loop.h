#pragma once

#include <kj/async-io.h>
#include <kj/async-unix.h>

#include <memory>

namespace boost::asio {
class io_context;
}

namespace stave {

/// The one event loop of a process: KJ's stock loop, with Boost.Asio nested around it from the
/// moment somebody calls `asio()`. Everything of both libraries then works on the same thread.
class Loop {
 public:
  Loop();
  ~Loop() noexcept;
  KJ_DISALLOW_COPY(Loop);

  kj::AsyncIoContext& io() { return io_; }
  kj::Timer& timer() { return io_.provider->getTimer(); }
  kj::UnixEventPort& port() { return io_.unixEventPort; }
  boost::asio::io_context& asio();

  /// Runs the loop until the promise is done. Top level only; stands in for
  /// `promise.wait(waitScope)`.
  template <typename T>
  T wait(kj::Promise<T> promise);

 private:
  struct Nested;

  void blockNested();
  bool nested() const { return nested_ != nullptr; }

  kj::AsyncIoContext io_;
  kj::PromiseFulfillerPair<void> wanted_;
  kj::ForkedPromise<void> onWanted_;
  std::unique_ptr<Nested> nested_;
};

template <typename T>
T Loop::wait(kj::Promise<T> promise) {
  while (!nested() && !promise.poll(io_.waitScope)) {
    auto moved = kj::newPromiseAndFulfiller<void>();
    promise = promise
                  .then([done = kj::mv(moved.fulfiller)](auto&&... value) mutable {
                    done->fulfill();
                    return T(kj::fwd<decltype(value)>(value)...);
                  })
                  .eagerlyEvaluate(nullptr);
    kj::mv(moved.promise)
        .catch_([](kj::Exception&&) {})
        .exclusiveJoin(onWanted_.addBranch())
        .wait(io_.waitScope);
  }
  while (!promise.poll(io_.waitScope)) blockNested();
  return promise.wait(io_.waitScope);
}

}  // namespace stave
