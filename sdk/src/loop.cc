#include "stave/loop.h"

#include <kj/time.h>
#include <kj/timer.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>

namespace stave {

namespace {

// KJ has no accessor for its epoll descriptor. Explicit template instantiation is exempt from
// access checks, so this reads the private member without changing KJ.
template <kj::AutoCloseFd kj::UnixEventPort::*Member>
struct Expose {
  friend int epollDescriptorOf(kj::UnixEventPort& port) { return (port.*Member).get(); }
};
int epollDescriptorOf(kj::UnixEventPort&);
template struct Expose<&kj::UnixEventPort::epollFd>;

constexpr uint64_t longestWaitMicros = uint64_t(3600) * 1'000'000;

}  // namespace

struct Loop::Nested {
  boost::asio::io_context io{1};
  boost::asio::posix::stream_descriptor kjEvents;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work =
      boost::asio::make_work_guard(io);
  bool armed = false;

  explicit Nested(int epollDescriptor) : kjEvents(io, ::dup(epollDescriptor)) {}
};

Loop::Loop()
    : io_(kj::setupAsyncIo()),
      wanted_(kj::newPromiseAndFulfiller<void>()),
      onWanted_(wanted_.promise.fork()) {}

Loop::~Loop() noexcept = default;

boost::asio::io_context& Loop::asio() {
  if (nested_ == nullptr) {
    nested_ = std::make_unique<Nested>(epollDescriptorOf(io_.unixEventPort));
    wanted_.fulfiller->fulfill();
  }
  return nested_->io;
}

void Loop::blockNested() {
  auto& nested = *nested_;
  if (!nested.armed) {
    nested.armed = true;
    nested.kjEvents.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                               [&nested](boost::system::error_code) { nested.armed = false; });
  }
  auto& kjTimer = static_cast<kj::TimerImpl&>(io_.unixEventPort.getTimer());
  auto now = kj::systemPreciseMonotonicClock().now();
  KJ_IF_MAYBE (micros, kjTimer.timeoutToNextEvent(now, kj::MICROSECONDS, longestWaitMicros)) {
    nested.io.run_one_for(std::chrono::microseconds(*micros));
  } else {
    nested.io.run_one();
  }
  nested.io.poll();
}

}  // namespace stave
