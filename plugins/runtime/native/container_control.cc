#include <fcntl.h>
#include <signal.h>
#include <stave/os/task.h>

#include "cgroup_files.h"
#include "container.h"

namespace stave::native {

namespace {

constexpr auto pollPause = 2 * kj::MILLISECONDS;  // the kernel tells nobody when a cgroup is empty
constexpr auto killPatience = 10 * kj::SECONDS;
constexpr int mostRounds = 1500;

}  // namespace

Task<> NativeContainer::setFrozen(bool frozen) {
  requireRunning(frozen ? "pausing" : "resuming");
  cgroup_->setFrozen(frozen);
  for (int round = 0; cgroup_->frozen() != frozen; round++) {
    if (round == mostRounds) {
      cgroup_->setFrozen(false);
      fail(ErrorCode::DEADLINE,
           "pausing container " + id() + ": its processes do not come to rest");
    }
    co_await environs_->context.timer().afterDelay(pollPause);
    if (!alive()) fail(ErrorCode::CONFLICT, "container " + id() + " has stopped");
  }
}

kj::Promise<void> NativeContainer::pause(PauseContext context) {
  return setFrozen(true);
}

kj::Promise<void> NativeContainer::resume(ResumeContext context) {
  return setFrozen(false);
}

kj::Promise<void> NativeContainer::update(UpdateContext context) {
  auto resources = context.getParams().getResources();
  checkResources(resources);
  if (deleted_) fail(ErrorCode::NOT_FOUND, "container " + id() + " was deleted");
  if (status().phase == plan::Phase::stopped) {
    fail(ErrorCode::CONFLICT, "container " + id() + " has stopped; nothing is limited any more");
  }
  cgroup_->apply(resources);
  return kj::READY_NOW;
}

kj::Promise<void> NativeContainer::delete_(DeleteContext context) {
  return async([this]() -> Task<> {
    if (deleted_) co_return;
    co_await end();
    co_await clear();
  });
}

/// Kills what runs and waits for the monitor, which then has nothing left to do; a monitor that
/// does not notice is killed too.
Task<> NativeContainer::end() {
  if (watch_ == nullptr) co_return;
  signalFirst(SIGKILL);
  signalAll(SIGKILL);
  if (cgroup_->freezing()) cgroup_->setFrozen(false);
  auto patience =
      environs_->context.timer().afterDelay(killPatience).then([this]() -> kj::Promise<void> {
        KJ_IF_MAYBE (watch, watch_) {
          watch->kill();
        }
        return kj::NEVER_DONE;
      });
  co_await stopped().exclusiveJoin(kj::mv(patience));
}

Task<> NativeContainer::clear() {
  co_await left_.addBranch();
  for (int round = 0; !cgroup_->remove(); round++) {
    if (round == mostRounds) {
      fail(ErrorCode::CONFLICT, "deleting container " + id() + ": processes of it do not end");
    }
    signalAll(SIGKILL);
    co_await environs_->context.timer().afterDelay(pollPause);
  }
  if (deleted_) co_return;
  directory_.remove();
  deleted_ = true;
  environs_->onDeleted(id());
}

kj::Promise<void> NativeContainer::statistics(StatisticsContext context) {
  if (deleted_) fail(ErrorCode::NOT_FOUND, "container " + id() + " was deleted");
  auto statistics = context.getResults().initStatistics();
  cgroup_->readStatistics(statistics);
  MachineUsage machine = readMachineUsage();
  statistics.setTime((kj::systemPreciseCalendarClock().now() - kj::UNIX_EPOCH) / kj::NANOSECONDS);
  statistics.setSystemCpuNanos(machine.cpuNanos);
  statistics.setOnlineCpus(machine.cpus);
  bool unlimited = statistics.getMemoryLimit() == 0 || statistics.getMemoryLimit() > machine.memory;
  if (unlimited) statistics.setMemoryLimit(machine.memory);
  return kj::READY_NOW;
}

kj::Promise<void> NativeContainer::processes(ProcessesContext context) {
  if (deleted_) fail(ErrorCode::NOT_FOUND, "container " + id() + " was deleted");
  auto found = cgroup_->processes();
  auto list = context.getResults().initPids(static_cast<unsigned>(found.size()));
  for (unsigned i = 0; i < found.size(); i++) list.set(i, found[i]);
  return kj::READY_NOW;
}

kj::Promise<void> NativeContainer::namespaces(NamespacesContext context) {
  requireRunning("looking at namespaces");
  auto results = context.getResults();
  results.setNetwork(makeFd(openNamespaceOf("net")));
  results.setMount(makeFd(openNamespaceOf("mnt")));
  std::string root = "/proc/" + std::to_string(status().pid) + "/root";
  results.setRoot(makeFd(os::open(root, O_PATH | O_DIRECTORY)));
  return kj::READY_NOW;
}

}  // namespace stave::native
