#include "monitor_client.h"

#include <fcntl.h>
#include <signal.h>
#include <stave/error.h>
#include <stave/os/control_socket.h>
#include <stave/os/task.h>

#include <algorithm>

namespace stave::native {

namespace {

/// Talking to a monitor under preparation.
class Preparation {
 public:
  Preparation(kj::UnixEventPort& port, os::Fd socket)
      : socket_(kj::mv(socket)),
        observer_(port, socket_, kj::UnixEventPort::FdObserver::OBSERVE_READ) {}

  void send(int plan, const std::vector<int>& descriptors);

  /// The next report; nothing when the monitor has ended.
  Task<kj::Maybe<plan::Report>> next() {
    plan::Report report{};
    for (;;) {
      ssize_t size = os::receiveMessage(socket_, &report, sizeof(report));
      if (size == 0) co_return nullptr;
      if (size == static_cast<ssize_t>(sizeof(report))) co_return report;
      co_await observer_.whenBecomesReadable();
    }
  }

 private:
  os::Fd socket_;
  kj::UnixEventPort::FdObserver observer_;
};

void Preparation::send(int plan, const std::vector<int>& descriptors) {
  std::vector<int> all = {plan};
  all.insert(all.end(), descriptors.begin(), descriptors.end());
  for (size_t sent = 0; sent < all.size(); sent += os::mostDescriptors) {
    size_t end = std::min(all.size(), sent + os::mostDescriptors);
    plan::PlanPart part{end == all.size() ? 1u : 0u};
    os::sendMessage(socket_, &part, sizeof(part), {all.begin() + sent, all.begin() + end});
  }
}

}  // namespace

MonitorConnection::MonitorConnection(kj::UnixEventPort& port, os::Fd socket)
    : socket_(kj::mv(socket)),
      observer_(port, socket_, kj::UnixEventPort::FdObserver::OBSERVE_READ) {}

kj::Promise<plan::ControlReply> MonitorConnection::call(plan::ControlRequest request,
                                                        os::Fd descriptor) {
  request.number = ++lastNumber_;
  os::sendMessage(socket_, &request, sizeof(request), descriptor);
  auto done = kj::newPromiseAndFulfiller<void>();
  auto before = kj::mv(previous_).catch_([](kj::Exception&&) {});
  previous_ = kj::mv(done.promise);
  return before.then([this, number = request.number]() { return receive(number).promise(); })
      .attach(kj::mv(done.fulfiller));
}

/// A reply with a lower number answers a request whose caller has gone away.
Task<plan::ControlReply> MonitorConnection::receive(uint32_t number) {
  plan::ControlReply reply{};
  for (;;) {
    ssize_t size = os::receiveMessage(socket_, &reply, sizeof(reply));
    if (size == 0) fail(ErrorCode::UNAVAILABLE, "the container's monitor has ended");
    if (size == static_cast<ssize_t>(sizeof(reply)) && reply.number == number) co_return reply;
    if (size < 0) co_await observer_.whenBecomesReadable();
  }
}

MonitorWatch::MonitorWatch(kj::UnixEventPort& port, pid_t pid, os::Fd pidfd)
    : pid_(pid),
      pidfd_(kj::mv(pidfd)),
      observer_(port, pidfd_, kj::UnixEventPort::FdObserver::OBSERVE_READ),
      gone_(observer_.whenBecomesReadable().then([pid]() { os::reapIfChild(pid); }).fork()) {}

void MonitorWatch::kill() {
  os::signalPidfd(pidfd_, SIGKILL);
}

WaitingMonitor startMonitor(kj::UnixEventPort& port, const std::string& program, int status,
                            int control) {
  auto pair = os::sequencedPair();
  os::SpawnOptions options;
  options.arguments = {program};
  options.environment = {"STAVE=1"};
  options.descriptors = {
      {pair.second, plan::reportFd}, {status, plan::statusFd}, {control, plan::controlFd}};
  auto child = os::spawn(port, options);
  auto watch = kj::heap<MonitorWatch>(port, child.pid(), os::duplicate(child.pidfd()));
  return {kj::mv(watch), kj::mv(pair.first)};
}

Task<> dismiss(WaitingMonitor monitor) {
  monitor.socket = nullptr;
  co_await monitor.watch->gone();
}

Task<StartedMonitor> carryOut(kj::UnixEventPort& port, WaitingMonitor monitor, os::Fd plan,
                              const PlanWriter& writer, std::string command) {
  StartedMonitor started;
  started.watch = kj::mv(monitor.watch);
  Preparation preparation(port, kj::mv(monitor.socket));
  preparation.send(plan, writer.descriptors());
  plan = nullptr;
  for (;;) {
    auto next = co_await preparation.next();
    KJ_IF_MAYBE (report, next) {
      if (report->kind == plan::ReportKind::warning) {
        started.warnings.push_back(writer.purpose(report->step) +
                                   ": not permitted; the highest value that is was set instead");
        continue;
      }
      if (report->kind == plan::ReportKind::ready) {
        started.pid = report->value;
        co_return kj::mv(started);
      }
      co_await started.watch->gone();
      failReport(writer, *report, command);
    } else {
      co_await started.watch->gone();
      fail(ErrorCode::INTERNAL, "the monitor of the container ended without a word");
    }
  }
}

}  // namespace stave::native
