#pragma once

#include <kj/refcount.h>
#include <stave/schema/common.capnp.h>
#include <stave/task.h>

#include <cstdint>
#include <deque>
#include <map>
#include <string>

namespace stave::image {

struct ProgressLine {
  std::string item;
  std::string phase;
  uint64_t current = 0;
  uint64_t total = 0;
  std::string message = {};

  bool operator==(const ProgressLine&) const = default;
};

/// Reports of a long job to somebody who may be slow: between two of his answers the newest line of
/// each item wins. A sink that fails is not told anything any more, and the job does not notice.
class ProgressReporter : public kj::Refcounted {
 public:
  /// Null: nobody wants to know.
  explicit ProgressReporter(kj::Maybe<schema::ProgressSink::Client> sink);

  void report(ProgressLine line);

  /// Done when everything reported so far was taken.
  kj::Promise<void> drain();

 private:
  Task<> sendAll();

  kj::Maybe<schema::ProgressSink::Client> sink_;
  std::map<std::string, ProgressLine> waiting_;
  std::map<std::string, ProgressLine> last_;
  std::deque<std::string> order_;
  bool sending_ = false;
  kj::ForkedPromise<void> sender_;
};

}  // namespace stave::image
