#include "status.h"

#include <stddef.h>
#include <time.h>

#include "system.h"

namespace stave::monitor {

namespace plan = native::plan;

int64_t now() {
  timespec time{};
  sys::invoke(__NR_clock_gettime, CLOCK_REALTIME, &time);
  return static_cast<int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

void StatusFile::begin() {
  value.magic = plan::magicNumber;
  value.monitorPid = static_cast<int32_t>(sys::invoke(__NR_getpid));
  advance(plan::Phase::creating);
}

void StatusFile::advance(plan::Phase phase) {
  plan::Phase before = value.phase;
  sys::invoke(__NR_pwrite64, plan::statusFd, &value, sizeof(value), 0);
  value.phase = phase;
  if (phase == before) return;
  sys::invoke(__NR_pwrite64, plan::statusFd, &value.phase, sizeof(value.phase),
              offsetof(plan::Status, phase));
}

}  // namespace stave::monitor
