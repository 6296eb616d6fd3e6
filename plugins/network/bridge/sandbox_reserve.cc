#include "sandbox_reserve.h"

#include <stave/net/sandbox.h>

namespace stave::bridge {

namespace {

constexpr auto quietTime = 50 * kj::MILLISECONDS;

}  // namespace

SandboxReserve::SandboxReserve(WorkerPool& workers, kj::Timer& timer)
    : workers_(workers), timer_(timer), refilling_(nullptr) {
  refill();
}

kj::Promise<kj::AutoCloseFd> SandboxReserve::make() {
  return workers_.run([] { return net::makeSandbox(); });
}

Task<kj::AutoCloseFd> SandboxReserve::take() {
  auto taken = kj::mv(spare_);
  refill();
  if (taken.get() >= 0) co_return kj::mv(taken);
  auto made = co_await make();
  co_return kj::mv(made);
}

/// A failure is left for the next pod to meet and to tell.
void SandboxReserve::refill() {
  refilling_ = timer_.afterDelay(quietTime)
                   .then([this] { return make(); })
                   .then([this](kj::AutoCloseFd made) { spare_ = kj::mv(made); })
                   .eagerlyEvaluate([](kj::Exception&&) {});
}

}  // namespace stave::bridge
