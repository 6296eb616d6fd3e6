#pragma once

#include <kj/async.h>
#include <stave/client.h>
#include <stave/schema/common.capnp.h>
#include <stave/schema/kernel.capnp.h>

#include <map>
#include <string>

namespace stave::cli {

/// One line of a long job.
struct ProgressLine {
  std::string item, phase, message;
  uint64_t current = 0, total = 0;
};

/// Shows how a job goes, on standard error: bars with rates that are drawn over on a terminal, else
/// a line per change of phase.
class ProgressView {
 public:
  explicit ProgressView(bool quiet);

  void update(const ProgressLine& line);

 private:
  struct Row {
    ProgressLine line;
    int64_t started = 0;
  };
  void draw();

  bool quiet_;
  bool terminal_;
  int64_t drawn_ = 0;  // when
  size_t height_ = 0;
  std::vector<std::string> order_;
  std::map<std::string, Row> rows_;
};

/// The text of a bar: "[=====>     ]  12MB/30MB  4MB/s".
std::string progressText(const ProgressLine& line, double seconds);

/// A sink that a long job reports to. The view must outlive it.
schema::ProgressSink::Client newProgressSink(ProgressView& view);

/// Shows what the bus tells about the image until dropped.
kj::Promise<void> followPull(schema::EventBus::Client events, std::string image,
                             ProgressView& view);

/// Whether a topic is about the image that a user named so.
bool isTopicOf(std::string_view topic, std::string_view image);

}  // namespace stave::cli
