#include "stave/os/growth.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "stave/error.h"

namespace stave::os {

namespace {
constexpr uint32_t blindWaitMilliseconds = 5;
}

GrowthWatch::GrowthWatch(int fd) {
  int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (watch < 0) return;  // the user's limit of watches is reached: wait() looks more often instead
  inotify_ = Fd(watch);
  auto path = "/proc/self/fd/" + std::to_string(fd);
  if (inotify_add_watch(inotify_, path.c_str(), IN_MODIFY | IN_CLOSE_WRITE) < 0) inotify_ = nullptr;
}

bool GrowthWatch::wait(uint32_t limitMilliseconds) {
  if (inotify_ == nullptr) {
    poll(nullptr, 0, int(std::min(limitMilliseconds, blindWaitMilliseconds)));
    return true;
  }
  pollfd entry{inotify_.get(), POLLIN, 0};
  if (poll(&entry, 1, int(limitMilliseconds)) < 0 && errno != EINTR) {
    failErrno("waiting for a file to grow", errno);
  }
  char events[4096];
  bool written = false;
  while (read(inotify_, events, sizeof(events)) > 0) written = true;
  return written;
}

}  // namespace stave::os
