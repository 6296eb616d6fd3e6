#pragma once

#include <kj/async-unix.h>
#include <stave/os/file.h>
#include <stave/os/process.h>
#include <stave/task.h>

#include <string>

#include "plan_format.h"
#include "plan_writer.h"

namespace stave::native {

/// A control connection to a monitor. Requests may overlap; each gets its own answer, in order.
class MonitorConnection {
 public:
  MonitorConnection(kj::UnixEventPort& port, os::Fd socket);

  /// Sends a request and waits for its reply. Fails [unavailable] when the monitor is gone.
  kj::Promise<plan::ControlReply> call(plan::ControlRequest request, os::Fd descriptor = nullptr);

 private:
  Task<plan::ControlReply> receive(uint32_t number);

  os::Fd socket_;
  kj::UnixEventPort::FdObserver observer_;
  kj::Promise<void> previous_ = kj::READY_NOW;
  uint32_t lastNumber_ = 0;
};

/// The life of a monitor, whoever started it.
class MonitorWatch {
 public:
  MonitorWatch(kj::UnixEventPort& port, pid_t pid, os::Fd pidfd);

  pid_t pid() const { return pid_; }
  kj::Promise<void> gone() { return gone_.addBranch(); }  ///< reaped, if it was our child
  void kill();

 private:
  pid_t pid_;
  os::Fd pidfd_;
  kj::UnixEventPort::FdObserver observer_;
  kj::ForkedPromise<void> gone_;
};

/// What a monitor is started with.
struct MonitorStart {
  std::string program;
  os::Fd plan;
  os::Fd status;
  os::Fd control;  ///< a listener, or one end of a connection
};

struct StartedMonitor {
  kj::Own<MonitorWatch> watch;
  pid_t pid = 0;  ///< of the prepared process
  std::vector<std::string> warnings;
};

/// Starts a monitor and waits until its process is prepared. Throws what it reports against that;
/// it is gone then. `writer` has the plan's purposes and must stay until it is done.
Task<StartedMonitor> startMonitor(kj::UnixEventPort& port, MonitorStart start,
                                  const PlanWriter& writer, std::string command);

}  // namespace stave::native
