#include "keyed_work.h"

#include <stave/error.h>

#include <algorithm>

namespace stave::node {

namespace {

constexpr auto firstPause = 100 * kj::MILLISECONDS;
constexpr auto longestPause = 30 * kj::SECONDS;

}  // namespace

KeyedWork::KeyedWork(Environment& environment, std::string what, Work work)
    : environment_(environment),
      what_(std::move(what)),
      work_(std::move(work)),
      tasks_(environment, what_) {}

void KeyedWork::poke(const std::string& key) {
  auto [entry, fresh] = running_.emplace(key, false);
  entry->second = true;
  if (fresh) tasks_.add(run(key));
}

void KeyedWork::hurry(const std::string& key) {
  poke(key);
  auto resting = resting_.find(key);
  if (resting != resting_.end()) resting->second->fulfill();
}

Task<> KeyedWork::run(std::string key) {
  auto pause = firstPause;
  while (running_[key]) {
    running_[key] = false;
    bool done = co_await attempt(key);
    if (done) {
      pause = firstPause;
      continue;
    }
    running_[key] = true;
    co_await rest(key, pause);
    resting_.erase(key);
    pause = std::min(pause * 2, longestPause);
  }
  running_.erase(key);
}

kj::Promise<void> KeyedWork::rest(const std::string& key, kj::Duration pause) {
  auto woken = kj::newPromiseAndFulfiller<void>();
  resting_[key] = kj::mv(woken.fulfiller);
  return environment_.timer.afterDelay(pause).exclusiveJoin(kj::mv(woken.promise));
}

Task<bool> KeyedWork::attempt(std::string key) {
  std::string failure;
  try {
    co_await work_(key);
    co_return true;
  } catch (const kj::Exception& exception) {
    failure = textOf(exception);
  }
  environment_.warn(what_ + " " + key + ": " + failure);
  co_return false;
}

}  // namespace stave::node
