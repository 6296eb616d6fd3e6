#pragma once

#include <kj/io.h>
#include <kj/timer.h>
#include <stave/task.h>
#include <stave/worker_pool.h>

namespace stave::bridge {

/// Network namespaces, one of them made ahead: to make one takes the kernel as long as to connect
/// it, and the pod that needs it would wait for both. The next is made when no more were wanted for
/// a while, so that a start never competes with it.
class SandboxReserve {
 public:
  SandboxReserve(WorkerPool& workers, kj::Timer& timer);

  Task<kj::AutoCloseFd> take();
  bool filled() const { return spare_.get() >= 0; }

 private:
  void refill();
  kj::Promise<kj::AutoCloseFd> make();

  WorkerPool& workers_;
  kj::Timer& timer_;
  kj::AutoCloseFd spare_;
  kj::Promise<void> refilling_;
};

}  // namespace stave::bridge
