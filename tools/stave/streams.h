#pragma once

#include <kj/async-io.h>
#include <stave/schema/runtime.capnp.h>
#include <stave/task.h>

#include <string>

namespace stave::cli {

/// How the streams of a process are joined to ours.
struct StreamOptions {
  bool input = false;  // ours goes to it
  bool output = true;  // its output comes to ours
  bool errors = true;
  bool terminal = false;   // it has one; ours is put into raw mode if it is one too
  std::string detachKeys;  // bytes; typed in a row they detach. Empty: none do
  bool passSignals = false;
};

enum class StreamEnd { ended, detached };

/// Carries bytes both ways until the process has closed its output, or the user detached. The
/// process starts to write when this is called.
Task<StreamEnd> carryStreams(kj::AsyncIoContext& io, schema::Process::Client process,
                             StreamOptions options);

/// To be called before the first `carryStreams`: signals are then seen by the loop alone.
void captureSignals();

/// The signal that ended `carryStreams` with this exception, because it was not to be passed on; 0:
/// none.
int interruptedBy(const kj::Exception& exception);

/// Finds a sequence of keys in what is typed, however it is cut into pieces.
class DetachKeys {
 public:
  explicit DetachKeys(std::string keys) : keys_(std::move(keys)) {}

  /// What may be passed on of these bytes; `detached()` then tells whether the sequence was
  /// complete.
  std::string filter(std::string_view typed);
  bool detached() const { return detached_; }

 private:
  std::string keys_;
  size_t matched_ = 0;
  bool detached_ = false;
};

/// Cuts what comes from a process into frames (see Process.streams).
class FrameReader {
 public:
  struct Frame {
    uint8_t stream;
    std::string bytes;
  };

  void add(std::string_view bytes) { buffer_ += bytes; }
  /// The next whole frame. Fails [invalid] for a frame that is too long.
  kj::Maybe<Frame> next();

 private:
  std::string buffer_;
};

std::string frameOf(uint8_t stream, std::string_view bytes);

}  // namespace stave::cli
