#include <signal.h>
#include <stave/os/task.h>

#include "cgroup_files.h"
#include "runtime.h"

namespace stave::native {

namespace {

constexpr auto pollPause = 2 * kj::MILLISECONDS;
constexpr int mostRounds = 1500;

}  // namespace

Task<> NativeRuntime::recover() {
  std::string directory = std::string(context_.runPath()) + "/containers";
  if (!os::exists(directory)) co_return;
  for (auto& id : os::listDirectory(directory)) {
    RunDirectory found = directoryOf(id);
    if (!found.committed()) {
      context_.log(schema::LogLevel::INFO,
                   "clearing away container " + id + ", which was never finished");
      auto clearing = clearAway(id, found.cgroup());
      co_await kj::mv(clearing);
      continue;
    }
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { adopt(id); })) {
      context_.log(schema::LogLevel::ERROR,
                   "container " + id + " cannot be taken up: " + textOf(*exception));
    }
  }
}

/// The monitor is known by its number and when it started; the container's process is its child,
/// and so not yet reaped while the monitor has not written down its exit.
void NativeRuntime::adopt(const std::string& id) {
  RunDirectory directory = directoryOf(id);
  auto record = directory.readRecord();
  auto written = record->getRoot<schema::ContainerRecord>().asReader();
  pid_t monitor = written.getMonitorPid();
  kj::Own<MonitorWatch> watch;
  os::Fd pidfd;
  if (os::startTicks(monitor) == written.getMonitorTicks()) {
    kj::runCatchingExceptions([&]() {
      os::Fd held = os::openPidfd(monitor);
      if (os::startTicks(monitor) != written.getMonitorTicks()) return;
      watch = kj::heap<MonitorWatch>(context_.port(), monitor, kj::mv(held));
    });
  }
  os::Fd status = directory.openStatus();
  kj::runCatchingExceptions([&]() {
    if (watch.get() == nullptr) return;
    pidfd = os::openPidfd(readStatus(status).pid);
  });
  if (readStatus(status).phase == plan::Phase::stopped) pidfd = nullptr;
  add(kj::mv(directory), kj::mv(record), kj::mv(watch), kj::mv(pidfd));
}

/// Ends whatever is in the cgroup of a container that never came to be, and removes its traces. Its
/// monitor ends with its process.
Task<> NativeRuntime::clearAway(std::string id, std::string cgroupPath) {
  if (!cgroupPath.empty()) {
    auto cgroup = machinery_->cgroups->at(cgroupPath);
    for (int round = 0; !cgroup->remove() && round < mostRounds; round++) {
      for (pid_t pid : cgroup->processes()) os::signalProcess(pid, SIGKILL);
      co_await context_.timer().afterDelay(pollPause);
    }
  }
  directoryOf(id).remove();
}

/// What is being made is finished first: the next instance may begin in the same process. Without
/// containers nothing of ours stays in the machine's cgroups.
Task<> NativeRuntime::stop() {
  stopping_ = true;
  if (!making_.empty()) {
    auto idle = kj::newPromiseAndFulfiller<void>();
    onIdle_ = kj::mv(idle.fulfiller);
    co_await kj::mv(idle.promise);
  }
  co_await reservations_->clear();
  if (!containers_.empty()) co_return;
  kj::runCatchingExceptions([this]() { machinery_->cgroups->at(cgroupBase_)->remove(); });
}

}  // namespace stave::native
