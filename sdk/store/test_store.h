#pragma once

#include <kj/async.h>
#include <stave/error.h>
#include <kj/timer.h>
#include <stave/store/plan.h>
#include <stave/store/service.h>

#include <string>
#include <vector>

/// What the unit tests of this folder share: a loop, a clock that stands still, a scripted journal.
namespace stave {

/// Remembers every batch; answers when the test says so.
class FakeJournal final : public StoreJournal {
 public:
  kj::Promise<void> write(std::shared_ptr<const StoreBatch> batch) override {
    batches.push_back(batch);
    if (failures > 0) {
      --failures;
      return makeError(ErrorCode::EXHAUSTED, "the disk is full");
    }
    if (!held) return kj::READY_NOW;
    auto pair = kj::newPromiseAndFulfiller<void>();
    waiting.push_back(kj::mv(pair.fulfiller));
    return kj::mv(pair.promise);
  }
  uint64_t bytes() override { return 4096; }

  void release() {
    held = false;
    for (auto& fulfiller : waiting) fulfiller->fulfill();
    waiting.clear();
  }

  std::vector<std::shared_ptr<const StoreBatch>> batches;
  bool held = false;
  unsigned failures = 0;
  std::vector<kj::Own<kj::PromiseFulfiller<void>>> waiting;
};

/// A loop without a system below it, and a clock that only moves when told.
struct StoreTestLoop {
  kj::EventLoop loop;
  kj::WaitScope scope{loop};
  kj::TimerImpl timer{kj::origin<kj::TimePoint>()};

  void settle() { scope.poll(); }
  void advance(kj::Duration duration) {
    settle();
    timer.advanceTo(timer.now() + duration);
    settle();
  }
  template <typename T>
  ErrorCode failureOf(kj::Promise<T> promise) {
    if (!promise.poll(scope)) return ErrorCode::DEADLINE;
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { (void)promise.wait(scope); })) {
      return codeOf(*exception);
    }
    return ErrorCode::INTERNAL;  // it succeeded
  }
};

inline StoreTransaction putting(const std::string& key, const std::string& value,
                                uint64_t lease = 0) {
  return {{}, {{key, value, lease}}};
}

}  // namespace stave
