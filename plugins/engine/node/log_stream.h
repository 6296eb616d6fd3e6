#pragma once

#include <stave/schema/engine.capnp.h>
#include <stave/schema/logging.capnp.h>
#include <stave/task.h>

#include "environment.h"
#include "log_lines.h"

namespace stave::node {

/// Sends a container's log to a sink: what there is, over rotated files, and then what comes.
class LogStream {
 public:
  /// `over` tells whether nothing more will be written.
  LogStream(Environment& environment, std::string path, schema::LogQuery::Reader query,
            schema::LogSink::Client sink, std::function<bool()> over);

  /// Everything that is there now; ends the sink unless it is to be followed.
  Task<> sendPresent();

  /// What comes until the container stops; then ends the sink.
  Task<> follow();

 private:
  struct File {
    std::shared_ptr<kj::AutoCloseFd> file;
    uint64_t offset = 0;
    LogCutter cutter;
  };
  struct Entry {
    int64_t time;
    bool isError;
    bool partial;
    std::string text;
  };

  Task<> skipToTail(std::vector<std::shared_ptr<kj::AutoCloseFd>> files);
  Task<bool> drain();
  Task<> send();
  void take(std::string_view line);
  void openNext();
  bool rotated() const;

  Environment& environment_;
  std::string path_;
  LogFilter filter_;
  int64_t tail_;
  bool following_;
  schema::LogSink::Client sink_;
  std::function<bool()> over_;
  File current_;
  uint64_t skip_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace stave::node
