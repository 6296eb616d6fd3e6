#pragma once

#include <kj/async-unix.h>
#include <kj/io.h>
#include <sys/types.h>

#include <string>
#include <vector>

/// Starting and watching processes, with pidfds and without SIGCHLD.
namespace stave::os {

struct SpawnOptions {
  std::vector<std::string> arguments;            ///< the first is the program's path
  std::vector<std::string> environment;          ///< NAME=value; empty: ours
  std::vector<std::pair<int, int>> descriptors;  ///< ours, and its number there; others are closed
  std::string workingDirectory;
};

class ChildProcess {
 public:
  ChildProcess() = default;
  ChildProcess(kj::UnixEventPort& port, pid_t pid, kj::AutoCloseFd pidfd);
  ChildProcess(ChildProcess&&) = default;
  ChildProcess& operator=(ChildProcess&&) = default;

  pid_t pid() const { return pid_; }
  int pidfd() const { return pidfd_.get(); }
  void signal(int number);  ///< already gone: nothing happens
  kj::Promise<int> wait();  ///< the wait status; reaps. Once.

 private:
  pid_t pid_ = 0;
  kj::AutoCloseFd pidfd_;
  kj::Own<kj::UnixEventPort::FdObserver> observer_;
};

/// Signals are at their defaults and unblocked in the child. Fails [not-found], [denied].
ChildProcess spawn(kj::UnixEventPort& port, const SpawnOptions& options);

kj::AutoCloseFd openPidfd(pid_t pid);

}  // namespace stave::os
