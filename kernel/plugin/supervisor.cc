#include "kernel/plugin/supervisor.h"

#include <time.h>

#include <algorithm>

#include "stave/error.h"

namespace stave::plugin {

namespace {

constexpr uint64_t firstBackOffMs = 50;
constexpr uint64_t longestBackOffMs = 10'000;
constexpr uint32_t startAttempts = 3;             // of a plug-in that never came up
constexpr uint64_t patienceWithTheDeadMs = 1000;  // from a lost connection to the process's end
constexpr int64_t healthyNanos = 10'000'000'000;  // running so long forgets earlier failures

int64_t unixNanos() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return int64_t(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

Description describe(schema::PluginDescriptor::Reader descriptor) {
  Description description{descriptor.getKind().cStr(),
                          descriptor.getName().cStr(),
                          descriptor.getVersion().cStr(),
                          descriptor.getSummary().cStr(),
                          {}};
  for (auto requirement : descriptor.getRequires())
    description.requirements.emplace_back(requirement.cStr());
  return description;
}

/// The promise's exception, or nothing; for code that must not await inside a catch block.
kj::Promise<kj::Maybe<kj::Exception>> outcome(kj::Promise<void> promise) {
  return promise.then(
      []() -> kj::Maybe<kj::Exception> { return nullptr; },
      [](kj::Exception&& exception) -> kj::Maybe<kj::Exception> { return kj::mv(exception); });
}

}  // namespace

Supervisor::Supervisor(Loop& loop, config::PluginConfig config, Limits limits, Listener& listener)
    : loop_(loop), config_(std::move(config)), limits_(std::move(limits)), listener_(listener) {}

pid_t Supervisor::pid() {
  KJ_IF_MAYBE (running, running_) {
    return (*running)->instance->pid();
  }
  return 0;
}

void Supervisor::become(State state, std::string reason) {
  state_ = state;
  reason_ = std::move(reason);
  if (state == State::LOADED) loadedAt_ = unixNanos();
  listener_.stateChanged(*this);
  changed_.notify();
}

template <typename T>
kj::Promise<T> Supervisor::withDeadline(kj::Promise<T> promise, uint64_t milliseconds,
                                        std::string what) {
  auto late = loop_.timer()
                  .afterDelay(milliseconds * kj::MILLISECONDS)
                  .then([what = std::move(what), milliseconds]() -> kj::Promise<T> {
                    return makeError(ErrorCode::DEADLINE, what + " did not finish within " +
                                                              std::to_string(milliseconds) + " ms");
                  });
  return promise.exclusiveJoin(kj::mv(late));
}

/// A call on an instance that may die of it: then how it died is the better explanation, and comes
/// a moment after the lost connection.
kj::Promise<void> Supervisor::survive(Running& running, kj::Promise<void> call,
                                      std::string during) {
  return withDeadline(kj::mv(call), limits_.startDeadlineMs, during)
      .catch_([this, &running, during](kj::Exception&& exception) -> kj::Promise<void> {
        if (exception.getType() != kj::Exception::Type::DISCONNECTED) return kj::mv(exception);
        auto died = running.died.then([during](std::string how) -> kj::Promise<void> {
          return makeError(ErrorCode::UNAVAILABLE, how + " while " + during);
        });
        return withDeadline(kj::mv(died), patienceWithTheDeadMs, during);
      });
}

Task<kj::Own<Supervisor::Running>> Supervisor::launchAndDescribe(config::PluginConfig config) {
  auto running = kj::heap<Running>();
  running->instance = launch(loop_, config, limits_.hostProgram);
  running->died = running->instance->died();
  auto answer =
      running->instance->host().describeRequest().send().then([this, config](auto&& response) {
        auto descriptor = response.getDescriptor();
        description_ = plugin::describe(descriptor);
        if (description_.kind != config.kind || description_.name != config.name) {
          fail(ErrorCode::INVALID, config.file + " is the plug-in " + description_.kind + "/" +
                                       description_.name + ", not " + config.fullName());
        }
        listener_.described(descriptor.getNodes());
      });
  co_await survive(*running, kj::mv(answer), "loading the plug-in");
  co_return kj::mv(running);
}

Task<> Supervisor::startInstance(Running& running, config::PluginConfig config) {
  auto request = running.instance->host().startRequest();
  request.setBroker(listener_.brokerFor(config));
  config.fillSettings(request.initSettings(config.settings.size()));
  auto started =
      request.send().then([&running](auto&& response) { running.service = response.getService(); });
  co_await survive(running, kj::mv(started), "starting the plug-in");
}

kj::Promise<void> Supervisor::describe() {
  return async([this]() -> Task<> {
    auto result = co_await outcome(async([this]() -> Task<> {
      auto launched = co_await launchAndDescribe(config_);
      running_ = kj::mv(launched);
    }));
    KJ_IF_MAYBE (exception, result) {
      become(State::FAILED, textOf(*exception));
    }
  });
}

kj::Promise<void> Supervisor::start() {
  life_ = keepAlive().promise().eagerlyEvaluate([this](kj::Exception&& exception) {
    become(State::FAILED, "supervising it failed: " + textOf(exception));
  });
  return async([this]() -> Task<> {
    while (!settled()) co_await changed_.wait();
  });
}

void Supervisor::skip(std::string reason) {
  running_ = nullptr;
  become(State::SKIPPED, std::move(reason));
}

/// False: it did not come up, and `reason_` says why.
Task<bool> Supervisor::bringUp() {
  auto result = co_await outcome(async([this]() -> Task<> {
    if (running_ == nullptr) {
      auto launched = co_await launchAndDescribe(config_);
      running_ = kj::mv(launched);
    }
    KJ_IF_MAYBE (running, running_) {
      co_await startInstance(**running, config_);
    }
  }));
  KJ_IF_MAYBE (exception, result) {
    reason_ = textOf(*exception);
    running_ = nullptr;
    co_return false;
  }
  generation_++;
  co_return true;
}

Task<> Supervisor::keepAlive() {
  uint32_t failures = 0;
  bool everLoaded = false;
  while (wanted_) {
    auto up = co_await bringUp();
    if (!wanted_) break;
    if (up) {
      everLoaded = true;
      become(State::LOADED, "");
      co_await untilDead(generation_);
      if (!wanted_) break;
      if (unixNanos() - loadedAt_ > healthyNanos) failures = 0;
    }
    co_await letGoOfRunning();
    failures++;
    if (!everLoaded && failures >= startAttempts) {
      become(State::FAILED, reason_);
      co_return;
    }
    if (everLoaded) become(State::RESTARTING, reason_);
    bool atOnce = askedToRestart_ || (up && failures == 1);
    askedToRestart_ = false;
    if (!atOnce) co_await backOff(failures);
    if (everLoaded) restarts_++;
  }
}

Task<> Supervisor::letGoOfRunning() {
  KJ_IF_MAYBE (running, running_) {
    auto ended = kj::mv(*running);
    running_ = nullptr;
    co_await letGo(kj::mv(ended));
  }
}

/// A process takes all with it. An inline instance is told to end its own work.
Task<> Supervisor::letGo(kj::Own<Running> running) {
  if (running->instance->pid() != 0) co_return;
  auto stopped = running->instance->host().stopRequest().send().ignoreResult();
  co_await outcome(withDeadline(kj::mv(stopped), limits_.startDeadlineMs, "stopping the plug-in"));
  keep(kj::mv(running));
}

/// What an inline instance gave out, a container for instance, works on its host, which therefore
/// stays until the daemon ends.
void Supervisor::keep(kj::Own<Running> running) {
  if (running->instance->pid() != 0) return;
  running->service = nullptr;
  ended_.push_back(kj::mv(running));
}

kj::Promise<void> Supervisor::backOff(uint32_t failures) {
  auto doubled = firstBackOffMs << std::min(failures, 16u);
  auto delay = std::min<uint64_t>(doubled, longestBackOffMs) * kj::MILLISECONDS;
  return loop_.timer().afterDelay(delay).exclusiveJoin(endInstance_.wait());
}

/// Waits until the instance died, stopped answering, or is to be ended, and notes how.
Task<> Supervisor::untilDead(uint64_t generation) {
  auto& running = *KJ_ASSERT_NONNULL(running_);
  auto died = kj::mv(running.died);
  auto silent = pingForever(running.instance->host())
                    .promise()
                    .then([]() { return std::string(); },
                          [](kj::Exception&& exception) { return "killed: " + textOf(exception); });
  auto asked = endInstance_.wait().then([]() { return std::string("asked to restart"); });
  auto first = died.exclusiveJoin(kj::mv(silent)).exclusiveJoin(kj::mv(asked));
  auto how = co_await kj::mv(first);
  reason_ = lastEnd_ = how;
  lastEnded_ = generation;
  changed_.notify();
}

Task<> Supervisor::pingForever(schema::PluginHost::Client host) {
  if (limits_.pingIntervalMs == 0 || config_.isolation == schema::PluginSpec::Isolation::INLINE) {
    co_await kj::Promise<void>(kj::NEVER_DONE);
  }
  while (true) {
    co_await loop_.timer().afterDelay(limits_.pingIntervalMs * kj::MILLISECONDS);
    auto answered = host.pingRequest().send().ignoreResult();
    auto result = co_await outcome(
        withDeadline(kj::mv(answered), limits_.pingDeadlineMs, "answering a ping"));
    KJ_IF_MAYBE (exception, result) {
      // A lost connection is the business of who watches the process.
      if (codeOf(*exception) == ErrorCode::DEADLINE) kj::throwFatalException(kj::mv(*exception));
      co_await kj::Promise<void>(kj::NEVER_DONE);
    }
  }
}

kj::Promise<Supervisor::Service> Supervisor::service() {
  return async([this]() -> Task<Service> {
    while (true) {
      if (state_ == State::LOADED) {
        KJ_IF_MAYBE (running, running_) {
          co_return Service{(*running)->service, generation_};
        }
      }
      bool coming =
          state_ == State::STARTING || state_ == State::RESTARTING || state_ == State::LOADED;
      if (!coming || config_.policy == schema::PluginSpec::Policy::FAIL) {
        fail(ErrorCode::UNAVAILABLE, "plug-in " + config_.fullName() + " is not running: " +
                                         (reason_.empty() ? "stopped" : reason_));
      }
      co_await changed_.wait();
    }
  });
}

void Supervisor::disconnected(uint64_t generation) {
  if (generation != generation_ || state_ != State::LOADED) return;
  // The process's end is seen a moment later; until then nobody is given the dead instance.
  become(State::RESTARTING, "the connection to it was lost");
}

kj::Promise<std::string> Supervisor::endOf(uint64_t generation) {
  auto known = async([this, generation]() -> Task<std::string> {
    while (lastEnded_ < generation && generation == generation_) co_await changed_.wait();
    co_return lastEnded_ == generation ? lastEnd_ : std::string();
  });
  return withDeadline(kj::mv(known), patienceWithTheDeadMs, "ending").catch_([](kj::Exception&&) {
    return std::string();
  });
}

kj::Promise<bool> Supervisor::reload(config::PluginConfig config) {
  return async([this, config = std::move(config)]() mutable -> Task<bool> {
    bool onlySettings = config_.sameHost(config) && config_.grants == config.grants;
    if (!onlySettings || state_ != State::LOADED) {
      config_ = std::move(config);
      co_return false;
    }
    KJ_IF_MAYBE (running, running_) {
      auto request = (*running)->instance->host().reloadRequest();
      config.fillSettings(request.initSettings(config.settings.size()));
      auto response = co_await request.send();
      config_ = std::move(config);
      co_return response.getApplied();
    }
    co_return false;
  });
}

kj::Promise<void> Supervisor::restart() {
  return async([this]() -> Task<> {
    bool alive =
        state_ == State::LOADED || state_ == State::RESTARTING || state_ == State::STARTING;
    if (!alive) {
      wanted_ = true;
      state_ = State::STARTING;
      co_await start();
    } else {
      auto before = generation_;
      askedToRestart_ = true;
      endInstance_.notify();
      while (generation_ == before && state_ != State::FAILED) co_await changed_.wait();
    }
    if (state_ != State::LOADED) {
      fail(ErrorCode::UNAVAILABLE,
           "plug-in " + config_.fullName() + " did not come up: " + reason_);
    }
  });
}

kj::Promise<void> Supervisor::swap(std::string file) {
  return async([this, file = std::move(file)]() -> Task<> {
    if (state_ != State::LOADED) {
      fail(ErrorCode::UNAVAILABLE, "plug-in " + config_.fullName() + " is not running: " + reason_);
    }
    auto config = config_;
    config.file = file;
    config.filePlace = "";
    auto next = co_await launchAndDescribe(config);
    co_await startInstance(*next, config);
    // Between two calls: nothing awaits from here to the end.
    config_ = config;
    askedToRestart_ = false;
    auto previous = kj::mv(KJ_ASSERT_NONNULL(running_));
    running_ = kj::mv(next);
    life_ = nullptr;
    ending_.push_back(letGo(kj::mv(previous)).promise().eagerlyEvaluate(nullptr));
    generation_++;
    loadedAt_ = unixNanos();
    life_ = async([this]() -> Task<> {
              become(State::LOADED, "");
              co_await untilDead(generation_);
              co_await letGoOfRunning();
              become(State::RESTARTING, lastEnd_);
              co_await keepAlive();
            }).eagerlyEvaluate([this](kj::Exception&& exception) {
      become(State::FAILED, "supervising it failed: " + textOf(exception));
    });
  });
}

kj::Promise<void> Supervisor::stop() {
  return async([this]() -> Task<> {
    wanted_ = false;
    KJ_IF_MAYBE (running, running_) {
      if (state_ == State::LOADED) {
        auto stopped = (*running)->instance->host().stopRequest().send().ignoreResult();
        co_await outcome(
            withDeadline(kj::mv(stopped), limits_.startDeadlineMs, "stopping the plug-in"));
      }
    }
    life_ = nullptr;
    KJ_IF_MAYBE (running, running_) {
      auto ended = kj::mv(*running);
      running_ = nullptr;
      keep(kj::mv(ended));
    }
    become(State::STOPPED, "stopped");
  });
}

}  // namespace stave::plugin
