#pragma once

#include <capnp/capability.h>
#include <kj/function.h>
#include <stave/error.h>
#include <stave/loop.h>

#include <string_view>

/// Waiting in tests, always with a bound: what would hang is an error that says what was waited
/// for.
namespace stave::testing {

inline constexpr kj::Duration patience = 20 * kj::SECONDS;

/// Runs the loop until the promise is done. Fails [deadline] after `limit`.
template <typename T>
T wait(Loop& loop, kj::Promise<T> promise, std::string_view what = "a promise",
       kj::Duration limit = patience) {
  auto expired =
      loop.timer().afterDelay(limit).then([what = std::string(what)]() -> kj::Promise<T> {
        return makeError(ErrorCode::DEADLINE, "waited too long for " + what);
      });
  return loop.wait(promise.exclusiveJoin(kj::mv(expired)));
}

template <typename T>
capnp::Response<T> wait(Loop& loop, capnp::RemotePromise<T> promise,
                        std::string_view what = "an answer", kj::Duration limit = patience) {
  return wait(loop, kj::Promise<capnp::Response<T>>(kj::mv(promise)), what, limit);
}

/// Runs the loop until `condition` holds, looking every few milliseconds. Fails [deadline].
void waitUntil(Loop& loop, kj::Function<bool()> condition, std::string_view what,
               kj::Duration limit = patience);

/// Runs the loop for a while: to see that something does not happen.
void runFor(Loop& loop, kj::Duration duration);

/// Waits for the promise and gives the exception that it ends with; none if it succeeds.
template <typename T>
kj::Maybe<kj::Exception> failureOf(Loop& loop, kj::Promise<T> promise,
                                   std::string_view what = "a failure") {
  return kj::runCatchingExceptions([&]() { (void)wait(loop, kj::mv(promise), what); });
}

/// The code of the promise's failure. A promise that succeeds fails [internal].
template <typename T>
ErrorCode codeOfFailure(Loop& loop, kj::Promise<T> promise, std::string_view what = "a failure") {
  KJ_IF_MAYBE (exception, failureOf(loop, kj::mv(promise), what)) {
    return codeOf(*exception);
  }
  fail(ErrorCode::INTERNAL, std::string("succeeded, but should have failed: ") + std::string(what));
}

}  // namespace stave::testing
