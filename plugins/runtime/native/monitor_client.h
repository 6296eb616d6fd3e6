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

/// A monitor that waits for its plan. When `socket` is closed it ends.
struct WaitingMonitor {
  kj::Own<MonitorWatch> watch;
  os::Fd socket;
};

/// `control`: a listener, or one end of a connection.
WaitingMonitor startMonitor(kj::UnixEventPort& port, const std::string& program, int status,
                            int control);

/// Nothing is wanted of it. Returns when it is gone.
Task<> dismiss(WaitingMonitor monitor);

struct StartedMonitor {
  kj::Own<MonitorWatch> watch;
  pid_t pid = 0;  ///< of the prepared process
  std::vector<std::string> warnings;
};

/// Hands the plan over and waits until the container's process is prepared. Throws what is reported
/// against that; the monitor is gone then. `writer` has what the plan needs: its descriptors and
/// the purposes of its steps. It must stay until this is done.
Task<StartedMonitor> carryOut(kj::UnixEventPort& port, WaitingMonitor monitor, os::Fd plan,
                              const PlanWriter& writer, std::string command);

}  // namespace stave::native
