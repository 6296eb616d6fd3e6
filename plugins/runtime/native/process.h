#pragma once

#include "container.h"

namespace stave::native {

/// The container's own process, attached to already: `socket` is for whoever takes its streams.
class MainProcess final : public schema::Process::Server {
 public:
  MainProcess(NativeContainer& container, schema::Container::Client keep,
              kj::Promise<os::Fd> socket)
      : container_(container), keep_(kj::mv(keep)), socket_(kj::mv(socket)) {}

  kj::Promise<void> streams(StreamsContext context) override;
  kj::Promise<void> wait(WaitContext context) override;
  kj::Promise<void> resize(ResizeContext context) override;
  kj::Promise<void> signal(SignalContext context) override;
  kj::Promise<void> pid(PidContext context) override;

 private:
  NativeContainer& container_;
  schema::Container::Client keep_;
  kj::Promise<os::Fd> socket_;
  bool taken_ = false;
};

/// An additional process in a container, with a monitor of its own. It starts when its streams are
/// taken; dropped before that, it never does.
class ExecProcess final : public schema::Process::Server {
 public:
  struct Parts {
    StartedMonitor monitor;
    os::Fd control;
    os::Fd status;
    std::string command;
    bool terminal = false;
    bool started = false;
  };

  ExecProcess(Context& context, Parts parts);

  kj::Promise<void> streams(StreamsContext context) override;
  kj::Promise<void> wait(WaitContext context) override;
  kj::Promise<void> resize(ResizeContext context) override;
  kj::Promise<void> signal(SignalContext context) override;
  kj::Promise<void> pid(PidContext context) override;

 private:
  void fillExit(schema::ExitStatus::Builder exit);
  plan::Status status() const { return readStatus(parts_.status); }

  Parts parts_;
  os::Fd pidfd_;
  MonitorConnection connection_;
  kj::ForkedPromise<void> gone_;
  bool taken_ = false;
};

}  // namespace stave::native
