#pragma once

#include <stddef.h>
#include <stdint.h>

#include "plan_format.h"
#include "system.h"

namespace stave::monitor {

namespace plan = native::plan;

/// One socket on which the container's streams go out and its input comes in, in frames. What the
/// socket does not take at once is lost, but never half a frame: the rest of a frame waits here.
class Attachment {
 public:
  static constexpr size_t longestFrame = 16 * 1024;

  bool open() const { return socket_.open(); }
  int fd() const { return socket_.get(); }
  bool blocked() const { return pending_ > 0; }
  void begin(int socket);

  /// From now on a frame that the socket does not take waits as a whole, instead of being lost. Not
  /// to be given another one then while it is blocked.
  void becomeLossless() { lossless_ = true; }
  void end();

  /// Sends a frame. Not called with more than `longestFrame` bytes.
  void send(plan::FrameKind kind, const char* data, size_t size);
  void flush();

  /// What came in: `data` of a frame for standard input, or its end.
  struct Input {
    enum Kind { nothing, data, endOfInput, closed } kind;
    size_t size;
  };

  /// Reads at most `size` bytes of input to `data`.
  Input receive(char* data, size_t size);

  /// The other side sends no more; it may go on to read.
  void closeInput() { inputClosed_ = true; }
  bool inputClosed() const { return inputClosed_; }
  bool gaveInput() const { return gaveInput_; }

 private:
  Input receiveHeader();
  void keepRest(const uint8_t* header, const char* data, size_t size, size_t sent);

  sys::Fd socket_;
  bool lossless_ = false;
  bool gaveInput_ = false;
  bool inputClosed_ = false;
  uint8_t header_[plan::frameHeaderSize];
  size_t headerSize_ = 0;
  uint32_t payload_ = 0;  ///< bytes of the current frame that are still to come
  char rest_[longestFrame + plan::frameHeaderSize];
  size_t restStart_ = 0;
  size_t pending_ = 0;
};

}  // namespace stave::monitor
