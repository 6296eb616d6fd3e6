#pragma once

#include <poll.h>

#include "attachment.h"
#include "launch.h"
#include "log_file.h"

namespace stave::monitor {

/// The life of a monitor after its container is prepared: moves output to the log and the
/// attachments, input to the container, answers requests, and writes down the exit. Everything has
/// a bound, nothing is polled for, and no allocation is made.
class Supervisor {
 public:
  Supervisor(Plan& plan, Launched& launched, StatusFile& status);

  /// Returns when the container has ended and everything is written.
  void run();

 private:
  static constexpr int mostAttachments = 16;
  static constexpr int mostControls = 4;
  static constexpr size_t chunkSize = Attachment::longestFrame;

  struct Watch {
    sys::Fd fd;
    int entry = -1;       ///< its place among what is waited for; -1: not waited for
    uint32_t number = 0;  ///< of a control connection: of its request
  };

  void keepDescriptors(Plan& plan);
  void startChild();

  // waiting
  int watch(int fd, short events);
  short seen(int entry) const { return entry < 0 ? 0 : entries_[entry].revents; }
  void wait();
  void watchStreams();
  void watchAttachments();
  void dispatch();

  // streams
  void readOutput(Watch& stream, plan::FrameKind kind);
  void drain(Watch& stream, plan::FrameKind kind);
  void sayGoodbye();
  void takeInput(Attachment& attachment, short events);
  void writeInput(const char* data, size_t size);
  void flushInput();
  void inputEnded(Attachment& attachment);
  void leave(Attachment& attachment);
  void broadcast(plan::FrameKind kind, const char* data, size_t size);
  void waitForReaders();
  void waitUntilTaken();
  bool outputDelayed() const;
  bool attachmentsBlocked() const;

  // control
  void acceptControl();
  void serveControl(Watch& control);
  void answer(Watch& control, uint32_t number, int error);
  int carryOut(Watch& control, const plan::ControlRequest& request, int fd);
  int attach(int fd);
  int resize(uint16_t width, uint16_t height);

  // life and death
  void onStarted();
  void reap();
  void recordExit(int status);
  void killRest();
  bool readOom();
  void finish();

  bool has(plan::HeaderFlag flag) const { return (flags_ & flag) != 0; }

  StatusFile& status_;
  uint32_t flags_;
  int pid_;
  Watch channel_;
  Watch terminal_;
  Watch input_;
  Watch output_;
  Watch errors_;
  Watch listener_;
  Watch signals_;
  Watch controls_[mostControls];
  int starter_ = -1;          ///< the control connection that waits for the answer to start
  uint32_t startNumber_ = 0;  ///< of that request
  sys::Fd oomFile_;
  sys::Fd killFile_;
  sys::Fd logDirectory_;
  char logName_[256];
  LogFile log_;
  Attachment attachments_[mostAttachments];
  int attachmentEntries_[mostAttachments];
  char pendingInput_[chunkSize];
  size_t pendingSize_ = 0;
  bool exited_ = false;
  bool copied_ = false;
  char chunk_[chunkSize];
  pollfd entries_[8 + mostControls + mostAttachments];
  int entryCount_ = 0;
};

}  // namespace stave::monitor
