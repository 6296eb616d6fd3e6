#include <stave/error.h>
#include <stave/os/local_socket.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

namespace stave::os {

kj::AutoCloseFd connectLocalSocket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    fail(ErrorCode::INVALID, "the socket path \"" + path + "\" must have 1 to " +
                                 std::to_string(sizeof(address.sun_path) - 1) + " bytes");
  }
  std::copy(path.begin(), path.end(), address.sun_path);
  if (path.front() == '@') address.sun_path[0] = '\0';
  int raw = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (raw < 0) failErrno("making a Unix socket", errno);
  kj::AutoCloseFd socket(raw);
  auto length = offsetof(sockaddr_un, sun_path) + path.size();
  if (::connect(raw, reinterpret_cast<sockaddr*>(&address), length) != 0) {
    failErrno("connecting to " + path, errno);
  }
  return socket;
}

}  // namespace stave::os
