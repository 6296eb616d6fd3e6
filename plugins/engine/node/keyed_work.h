#pragma once

#include <stave/task.h>

#include <map>

#include "environment.h"

namespace stave::node {

/// Work for objects by key: one at a time for each key, once more if poked meanwhile, and again
/// after a growing pause when it failed.
class KeyedWork {
 public:
  using Work = std::function<kj::Promise<void>(const std::string& key)>;

  KeyedWork(Environment& environment, std::string what, Work work);

  void poke(const std::string& key);

  /// The same, and a pause after a failure ends: what failed was something else.
  void hurry(const std::string& key);

 private:
  Task<> run(std::string key);
  kj::Promise<void> rest(const std::string& key, kj::Duration pause);
  Task<bool> attempt(std::string key);

  Environment& environment_;
  std::string what_;
  Work work_;
  std::map<std::string, bool> running_;  ///< whether to run once more
  std::map<std::string, kj::Own<kj::PromiseFulfiller<void>>> resting_;
  LoggedTasks tasks_;
};

}  // namespace stave::node
