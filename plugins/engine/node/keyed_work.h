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

 private:
  Task<> run(std::string key);
  Task<bool> attempt(std::string key);

  Environment& environment_;
  std::string what_;
  Work work_;
  std::map<std::string, bool> running_;  ///< whether to run once more
  LoggedTasks tasks_;
};

}  // namespace stave::node
