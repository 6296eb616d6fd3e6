#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>

#include "child.h"
#include "launch.h"
#include "supervisor.h"

/// The monitor: the parent of one container. It is given a plan, prepares the container by it, and
/// stays until the container has ended.
namespace stave::monitor {

namespace {

void detach() {
  uint64_t all = ~uint64_t{0};
  sys::invoke(__NR_rt_sigprocmask, SIG_SETMASK, &all, nullptr, sizeof(all));
  sys::invoke(__NR_setsid);
  sys::invoke(__NR_chdir, "/");
  sys::invoke(__NR_umask, 0);
  sys::invoke(__NR_prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  sys::invoke(__NR_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
  sys::invoke(__NR_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC);
}

/// The streams of who started this must not be held open, nor their numbers be given to anything
/// else.
void replaceStandardStreams() {
  sys::Fd null(sys::openAt(AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC));
  for (int number = 0; number < 3; number++) {
    if (null.get() != number) sys::invoke(__NR_dup3, null.get(), number, O_CLOEXEC);
  }
  if (null.get() < 3) null.release();
}

void releasePlan(Plan& plan) {
  plan.close();
  sys::close(plan::reportFd);
}

}  // namespace

[[noreturn]] void main() {
  detach();
  replaceStandardStreams();
  StatusFile status;
  status.begin();
  Plan plan;
  long result = plan.receive(plan::reportFd);
  if (result == -EPIPE) sys::exit(0);  // nothing is wanted of it any more
  if (result < 0) {
    report(plan::ReportKind::failure, plan::notAStep, -result,
           static_cast<int>(plan::MonitorWork::plan));
    sys::exit(125);
  }
  Launched launched;
  if (!launch(plan, launched)) sys::exit(125);
  int pid = launched.pid;
  Supervisor supervisor(plan, launched, status);
  status.value.pid = pid;
  status.advance(plan::Phase::created);
  report(plan::ReportKind::ready, plan::notAStep, 0, pid);
  releasePlan(plan);
  supervisor.run();
  sys::exit(0);
}

}  // namespace stave::monitor

extern "C" [[noreturn]] void staveMonitorEntry() {
  stave::monitor::main();
}

#if defined(__x86_64__)
asm(".globl _start\n_start:\n  xor %ebp, %ebp\n  and $-16, %rsp\n  call staveMonitorEntry\n  "
    "hlt\n");
#elif defined(__aarch64__)
asm(".globl _start\n_start:\n  mov x29, xzr\n  bl staveMonitorEntry\n  brk 1\n");
#endif
