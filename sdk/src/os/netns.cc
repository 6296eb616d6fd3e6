#include <fcntl.h>
#include <sched.h>
#include <stave/error.h>
#include <stave/os/netns.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <thread>

namespace stave::os {

namespace {

constexpr const char* ownNamespace = "/proc/thread-self/ns/net";

}  // namespace

void enterNetworkNamespace(int descriptor) {
  if (setns(descriptor, CLONE_NEWNET) == 0) return;
  if (errno == EINVAL || errno == EBADF) {
    fail(ErrorCode::INVALID, "the sandbox's descriptor is not a network namespace");
  }
  failErrno("entering a network namespace", errno);
}

Fd makeNetworkNamespace() {
  // A thread of its own, which ends in the new namespace instead of coming back.
  Fd result;
  int error = 0;
  std::thread([&] {
    if (unshare(CLONE_NEWNET) == 0) result = Fd(open(ownNamespace, O_RDONLY | O_CLOEXEC));
    if (result.get() < 0) error = errno;
  }).join();
  if (error != 0) failErrno("making a network namespace", error);
  return result;
}

Fd currentNetworkNamespace() {
  Fd result(open(ownNamespace, O_RDONLY | O_CLOEXEC));
  if (result.get() < 0) failErrno("opening /proc/thread-self/ns/net", errno);
  return result;
}

void inNetworkNamespace(int descriptor, const std::function<void()>& work) {
  auto own = currentNetworkNamespace();
  enterNetworkNamespace(descriptor);
  struct Return {
    int own;
    ~Return() noexcept {
      if (setns(own, CLONE_NEWNET) != 0) std::abort();
    }
  } back{own.get()};
  work();
}

uint64_t networkNamespaceCookie(int socket) {
  uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  if (getsockopt(socket, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) != 0) {
    failErrno("reading the cookie of a network namespace", errno);
  }
  return cookie;
}

}  // namespace stave::os
