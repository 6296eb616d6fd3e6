#include <errno.h>
#include <stave/error.h>
#include <stave/os/random.h>
#include <sys/random.h>

namespace stave::os {

std::string randomBytes(size_t count) {
  std::string bytes(count, '\0');
  for (size_t filled = 0; filled < count;) {
    ssize_t got = getrandom(bytes.data() + filled, count - filled, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) failErrno("getrandom of " + std::to_string(count) + " bytes", errno);
    filled += static_cast<size_t>(got);
  }
  return bytes;
}

}  // namespace stave::os
