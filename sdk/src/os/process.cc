#include "stave/os/process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "stave/error.h"
#include "stave/os/file.h"

namespace stave::os {

namespace {

std::vector<char*> pointersTo(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/// posix_spawn's two option objects, destroyed with this.
struct SpawnPlan {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;

  SpawnPlan() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
};

/// Maps the wanted descriptors to their numbers. They are first moved above all targets, so that
/// one target never overwrites another's source.
std::vector<Fd> addDescriptors(SpawnPlan& plan, const SpawnOptions& options) {
  int highest = 2;
  for (auto& [ours, theirs] : options.descriptors) highest = std::max(highest, theirs);
  std::vector<Fd> moved;
  for (auto& [ours, theirs] : options.descriptors) {
    int copy = fcntl(ours, F_DUPFD_CLOEXEC, highest + 1);
    if (copy < 0) failErrno("duplicating a descriptor for " + options.arguments[0], errno);
    moved.emplace_back(copy);
    posix_spawn_file_actions_adddup2(&plan.actions, copy, theirs);
  }
  posix_spawn_file_actions_addclosefrom_np(&plan.actions, highest + 1);
  return moved;
}

// The observer tells only what happens while one asks: the process may have ended before.
kj::Promise<int> waitFor(pid_t pid, kj::UnixEventPort::FdObserver& observer) {
  int status = 0;
  pid_t ended = waitpid(pid, &status, WNOHANG);
  if (ended == pid) return status;
  if (ended < 0) failErrno("waiting for process " + std::to_string(pid), errno);
  return observer.whenBecomesReadable().then([pid, &observer]() { return waitFor(pid, observer); });
}

}  // namespace

ChildProcess::ChildProcess(kj::UnixEventPort& port, pid_t pid, kj::AutoCloseFd pidfd)
    : pid_(pid),
      pidfd_(kj::mv(pidfd)),
      observer_(kj::heap<kj::UnixEventPort::FdObserver>(
          port, pidfd_.get(), kj::UnixEventPort::FdObserver::OBSERVE_READ)) {}

void ChildProcess::signal(int number) {
  if (pidfd_ != nullptr) syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0);
}

kj::Promise<int> ChildProcess::wait() {
  return waitFor(pid_, *observer_);
}

Fd openPidfd(pid_t pid) {
  int fd = syscall(SYS_pidfd_open, pid, 0);
  if (fd < 0) failErrno("opening a pidfd of process " + std::to_string(pid), errno);
  return Fd(fd);
}

ChildProcess spawn(kj::UnixEventPort& port, const SpawnOptions& options) {
  SpawnPlan plan;
  auto moved = addDescriptors(plan, options);
  if (!options.workingDirectory.empty()) {
    posix_spawn_file_actions_addchdir_np(&plan.actions, options.workingDirectory.c_str());
  }
  auto arguments = pointersTo(options.arguments);
  auto environment = pointersTo(options.environment);
  pid_t pid = 0;
  int error = posix_spawn(&pid, arguments[0], &plan.actions, &plan.attributes, arguments.data(),
                          options.environment.empty() ? environ : environment.data());
  if (error != 0) failErrno("starting " + options.arguments[0], error);
  return ChildProcess(port, pid, openPidfd(pid));
}

}  // namespace stave::os
