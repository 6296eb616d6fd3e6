#pragma once

#include <stave/task.h>

#include <deque>

#include "container_spec.h"
#include "environment.h"

namespace stave::node {

/// What the checks of one container have found so far.
struct HealthRecord {
  enum class State { none, starting, healthy, unhealthy };
  struct Result {
    int64_t start;
    int64_t end;
    int32_t exitCode;
    std::string output;
  };

  State state = State::none;
  uint32_t failures = 0;       ///< in a row
  std::deque<Result> results;  ///< the last five

  /// Takes note of a check; `startedAt` of the container.
  void add(Result result, const HealthPlan& plan, int64_t startedAt);
};

/// Runs a container's check again and again while it exists.
class HealthChecker {
 public:
  /// `container` gives the container as the runtime now knows it; `onChange` is told after each
  /// check.
  HealthChecker(Environment& environment, HealthPlan plan, int64_t startedAt,
                schema::Container::Client container, std::function<void()> onChange);

  const HealthRecord& record() const { return record_; }

 private:
  Task<> run();
  Task<HealthRecord::Result> check();
  Task<HealthRecord::Result> execute(int64_t start);
  int64_t pauseMillis() const;

  Environment& environment_;
  HealthPlan plan_;
  int64_t startedAt_;
  schema::Container::Client container_;
  std::function<void()> onChange_;
  HealthRecord record_;
  kj::Promise<void> running_;
};

}  // namespace stave::node
