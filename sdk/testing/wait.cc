#include <stave/testing/wait.h>

namespace stave::testing {

void waitUntil(Loop& loop, kj::Function<bool()> condition, std::string_view what,
               kj::Duration limit) {
  auto deadline = loop.timer().now() + limit;
  while (!condition()) {
    if (loop.timer().now() > deadline) {
      fail(ErrorCode::DEADLINE, "waited too long for " + std::string(what));
    }
    runFor(loop, 2 * kj::MILLISECONDS);
  }
}

void runFor(Loop& loop, kj::Duration duration) {
  loop.wait(loop.timer().afterDelay(duration));
}

}  // namespace stave::testing
