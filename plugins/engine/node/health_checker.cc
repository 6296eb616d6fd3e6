#include "health_checker.h"

#include <signal.h>
#include <stave/capability.h>
#include <stave/error.h>

#include "process_frames.h"
#include "text.h"

namespace stave::node {

namespace {

constexpr size_t outputLimit = 4096;
constexpr size_t keptResults = 5;
constexpr int32_t timedOut = -1;

}  // namespace

void HealthRecord::add(Result result, const HealthPlan& plan, int64_t startedAt) {
  bool good = result.exitCode == 0;
  bool starting =
      state == State::starting && result.end - startedAt < plan.startPeriodMillis * nanosPerMilli;
  results.push_back(std::move(result));
  if (results.size() > keptResults) results.pop_front();
  if (good) {
    failures = 0;
    state = State::healthy;
  } else if (!starting && ++failures >= plan.retries) {
    state = State::unhealthy;
  }
}

HealthChecker::HealthChecker(Environment& environment, HealthPlan plan, int64_t startedAt,
                             schema::Container::Client container, std::function<void()> onChange)
    : environment_(environment),
      plan_(std::move(plan)),
      startedAt_(startedAt),
      container_(kj::mv(container)),
      onChange_(std::move(onChange)),
      running_(nullptr) {
  record_.state = HealthRecord::State::starting;
  running_ = run().promise().eagerlyEvaluate([this](kj::Exception&& exception) {
    environment_.warn("health check: " + textOf(exception));
  });
}

int64_t HealthChecker::pauseMillis() const {
  bool starting = record_.state == HealthRecord::State::starting && plan_.startPeriodMillis > 0 &&
                  environment_.now() - startedAt_ < plan_.startPeriodMillis * nanosPerMilli;
  return starting ? plan_.startIntervalMillis : plan_.intervalMillis;
}

Task<> HealthChecker::run() {
  for (;;) {
    co_await environment_.timer.afterDelay(pauseMillis() * kj::MILLISECONDS);
    auto result = co_await check();
    record_.add(std::move(result), plan_, startedAt_);
    onChange_();
  }
}

Task<HealthRecord::Result> HealthChecker::check() {
  int64_t start = environment_.now();
  HealthRecord::Result result{start, start, timedOut, {}};
  try {
    auto limit = plan_.timeoutMillis * kj::MILLISECONDS;
    result = co_await environment_.timer.timeoutAfter(limit, execute(start).promise());
  } catch (const kj::Exception& exception) {
    bool late = exception.getType() == kj::Exception::Type::OVERLOADED;
    result.output =
        late ? "Health check exceeded timeout (" + std::to_string(plan_.timeoutMillis) + "ms)"
             : textOf(exception);
  }
  result.end = environment_.now();
  co_return std::move(result);
}

Task<HealthRecord::Result> HealthChecker::execute(int64_t start) {
  auto request = container_.execRequest();
  auto spec = request.initSpec();
  setTexts(plan_.command, [&](auto n) { return spec.initArguments(n); });
  auto response = co_await request.send();
  auto process = response.getProcess();
  bool done = false;
  auto killer = kj::defer([process, &done]() mutable {
    if (done) return;
    auto kill = process.signalRequest();
    kill.setNumber(SIGKILL);
    kill.send().ignoreResult().detach([](kj::Exception&&) {});
  });
  auto streams = co_await process.streamsRequest().send();
  auto fd = co_await takeFd(streams.getSocket(), "health check");
  auto socket = environment_.fds.wrapSocketFd(kj::mv(fd));
  auto output = co_await readOutput(kj::mv(socket), outputLimit);
  auto waited = co_await process.waitRequest().send();
  done = true;
  co_return HealthRecord::Result{start, 0, waited.getExit().getCode(), output};
}

}  // namespace stave::node
