#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stave/error.h>
#include <stave/os/container_root.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace stave::os {

namespace {

constexpr int renameRaceAttempts = 100;

bool isWrongPath(int error) {
  return error == ENOTDIR || error == ELOOP || error == ENAMETOOLONG;
}

}  // namespace

kj::Maybe<Fd> openWithin(int root, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const char* name = path.empty() ? "." : path.c_str();
  for (int attempt = 0;; ++attempt) {
    auto fd = static_cast<int>(syscall(SYS_openat2, root, name, &how, sizeof(how)));
    if (fd >= 0) return Fd(fd);
    if (errno == ENOENT) return nullptr;
    // The kernel gives up when something was renamed during the walk.
    if ((errno == EAGAIN || errno == EINTR) && attempt < renameRaceAttempts) continue;
    if (isWrongPath(errno)) {
      fail(ErrorCode::INVALID, "opening " + path + " in the container: " + strerror(errno));
    }
    failErrno("opening " + path + " in the container", errno);
  }
}

}  // namespace stave::os
