#pragma once

#include <kj/async.h>

#include <vector>

namespace stave::plugin {

/// Something that others wait for to change; they look again after each notification.
class ChangeSignal {
 public:
  kj::Promise<void> wait() {
    auto pair = kj::newPromiseAndFulfiller<void>();
    waiters_.push_back(kj::mv(pair.fulfiller));
    return kj::mv(pair.promise);
  }
  void notify() {
    auto waiters = std::move(waiters_);
    waiters_.clear();
    for (auto& waiter : waiters) waiter->fulfill();
  }

 private:
  std::vector<kj::Own<kj::PromiseFulfiller<void>>> waiters_;
};

}  // namespace stave::plugin
