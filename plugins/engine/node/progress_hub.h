#pragma once

#include <stave/task.h>

#include <map>

#include "environment.h"

namespace stave::node {

/// Gathers the progress of one image from registry and storage, and publishes it on the event bus,
/// the newest of each item about ten times a second.
class ProgressHub {
 public:
  ProgressHub(Environment& environment, std::string image);
  ~ProgressHub() noexcept;

  /// What a driver reports to. It may outlive the hub.
  schema::ProgressSink::Client sink();

  void report(std::string item, std::string phase, uint64_t current, uint64_t total,
              std::string message = {});
  void flush();

 private:
  struct Line {
    std::string phase;
    uint64_t current;
    uint64_t total;
    std::string message;
  };
  class Sink;

  void flushSoon();

  Environment& environment_;
  std::string topic_;
  std::map<std::string, Line> changed_;
  bool scheduled_ = false;
  kj::Promise<void> flushing_ = nullptr;
  std::shared_ptr<ProgressHub*> self_;
};

}  // namespace stave::node
