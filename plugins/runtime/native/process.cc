#include "process.h"

#include <signal.h>
#include <stave/os/control_socket.h>
#include <stave/os/task.h>

#include <cerrno>
#include <cstring>

namespace stave::native {

namespace {

constexpr size_t attachmentBuffer = 1 << 20;

void requireFirst(bool& taken) {
  if (taken) fail(ErrorCode::CONFLICT, "the streams of this process were taken already");
  taken = true;
}

}  // namespace

kj::Promise<void> MainProcess::streams(StreamsContext context) {
  return async([this, context]() mutable -> Task<> {
    requireFirst(taken_);
    auto socket = co_await kj::mv(socket_);
    context.getResults().setSocket(makeFd(kj::mv(socket)));
  });
}

kj::Promise<void> MainProcess::wait(WaitContext context) {
  context.allowCancellation();
  return container_.stopped().then(
      [this, context]() mutable { container_.fillExit(context.getResults().initExit()); });
}

kj::Promise<void> MainProcess::resize(ResizeContext context) {
  auto params = context.getParams();
  return container_.resizeTerminal(params.getWidth(), params.getHeight());
}

kj::Promise<void> MainProcess::signal(SignalContext context) {
  container_.requireRunning("sending a signal");
  container_.signalFirst(context.getParams().getNumber());
  return kj::READY_NOW;
}

kj::Promise<void> MainProcess::pid(PidContext context) {
  context.getResults().setPid(container_.alive() ? container_.status().pid : 0);
  return kj::READY_NOW;
}

/// The monitor is waited for to the end even when nobody holds this any more: it is our child.
ExecProcess::ExecProcess(Context& context, Parts parts)
    : parts_(kj::mv(parts)),
      pidfd_(os::openPidfd(parts_.monitor.pid)),
      connection_(context.port(), kj::mv(parts_.control)),
      gone_(nullptr) {
  auto watch = kj::mv(parts_.monitor.watch);
  auto gone = watch->gone();
  auto forked = gone.attach(kj::mv(watch)).fork();
  context.spawn(forked.addBranch());
  gone_ = kj::mv(forked);
}

kj::Promise<void> ExecProcess::streams(StreamsContext context) {
  return async([this, context]() mutable -> Task<> {
    requireFirst(taken_);
    auto pair = os::streamPair(attachmentBuffer);
    if (!parts_.started) {
      auto attached = connection_.call({plan::Request::attach, 0, 0, 0}, kj::mv(pair.first));
      co_await kj::mv(attached);
      auto started = connection_.call({plan::Request::start, 0, 0, 0});
      auto reply = co_await kj::mv(started);
      parts_.started = true;
      if (reply.error != 0) {
        fail(ErrorCode::INVALID,
             "exec " + parts_.command + ": " +
                 (reply.error == ENOEXEC ? "exec format error" : strerror(reply.error)));
      }
    }
    context.getResults().setSocket(makeFd(kj::mv(pair.second)));
  });
}

void ExecProcess::fillExit(schema::ExitStatus::Builder exit) {
  plan::Status found = status();
  bool recorded = found.phase == plan::Phase::stopped;
  exit.setCode(recorded ? found.code : 128 + SIGKILL);
  exit.setStartedAt(found.startedAt);
  exit.setFinishedAt(found.finishedAt);
  if (found.execError != 0) {
    exit.setMessage("exec " + parts_.command + ": " + strerror(found.execError));
  }
}

kj::Promise<void> ExecProcess::wait(WaitContext context) {
  context.allowCancellation();
  return gone_.addBranch().then(
      [this, context]() mutable { fillExit(context.getResults().initExit()); });
}

kj::Promise<void> ExecProcess::resize(ResizeContext context) {
  auto params = context.getParams();
  return async([this, width = params.getWidth(), height = params.getHeight()]() -> Task<> {
    if (!parts_.terminal) fail(ErrorCode::UNSUPPORTED, "this process has no terminal to resize");
    auto asked = connection_.call({plan::Request::resize, 0, width, height});
    auto reply = co_await kj::mv(asked);
    if (reply.error != 0) failErrno("resizing a terminal", reply.error);
  });
}

kj::Promise<void> ExecProcess::signal(SignalContext context) {
  if (status().phase != plan::Phase::running) {
    fail(ErrorCode::CONFLICT, "sending a signal: the process is not running");
  }
  os::signalPidfd(pidfd_, context.getParams().getNumber());
  return kj::READY_NOW;
}

kj::Promise<void> ExecProcess::pid(PidContext context) {
  plan::Status found = status();
  context.getResults().setPid(found.phase == plan::Phase::running ? found.pid : 0);
  return kj::READY_NOW;
}

}  // namespace stave::native
