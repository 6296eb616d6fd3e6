#include <errno.h>
#include <fcntl.h>
#include <stave/error.h>
#include <stave/os/control_socket.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace stave::os {

namespace {

constexpr int sequenced = SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK;
constexpr int pendingConnections = 16;

Fd newSocket() {
  int fd = socket(AF_UNIX, sequenced, 0);
  if (fd < 0) failErrno("making a control socket", errno);
  return Fd(fd);
}

/// The address of a name in an open directory: short, however long the directory's path is.
sockaddr_un addressBelow(int directory, const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string path = "/proc/self/fd/" + std::to_string(directory) + "/" + name;
  if (path.size() >= sizeof(address.sun_path)) {
    fail(ErrorCode::INVALID, "the name of a control socket is too long: " + name);
  }
  memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

std::pair<Fd, Fd> newPair(int type) {
  int ends[2];
  if (socketpair(AF_UNIX, type, 0, ends) < 0) failErrno("making a pair of sockets", errno);
  return {Fd(ends[0]), Fd(ends[1])};
}

}  // namespace

Fd listenSequenced(const std::string& directory, const std::string& name) {
  Fd place = open(directory, O_PATH | O_DIRECTORY);
  Fd listener = newSocket();
  sockaddr_un address = addressBelow(place, name);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) < 0) {
    failErrno("making the control socket " + directory + "/" + name, errno);
  }
  if (listen(listener, pendingConnections) < 0) {
    failErrno("listening at the control socket " + directory + "/" + name, errno);
  }
  return listener;
}

Fd connectSequenced(const std::string& directory, const std::string& name) {
  Fd place = open(directory, O_PATH | O_DIRECTORY);
  Fd connection = newSocket();
  sockaddr_un address = addressBelow(place, name);
  if (connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof(address)) < 0) {
    int error = errno;
    std::string attempted = "connecting to the control socket " + directory + "/" + name;
    if (error == ECONNREFUSED || error == EAGAIN) {
      fail(ErrorCode::UNAVAILABLE, attempted + ": " + strerror(error));
    }
    failErrno(attempted, error);
  }
  return connection;
}

std::pair<Fd, Fd> sequencedPair() {
  return newPair(sequenced);
}

std::pair<Fd, Fd> streamPair(size_t sendBuffer) {
  auto pair = newPair(SOCK_STREAM | SOCK_CLOEXEC);
  int wanted = static_cast<int>(sendBuffer);
  // The first works beyond the system's bound and needs a right; the second is as good as it gets.
  if (setsockopt(pair.first, SOL_SOCKET, SO_SNDBUFFORCE, &wanted, sizeof(wanted)) < 0) {
    setsockopt(pair.first, SOL_SOCKET, SO_SNDBUF, &wanted, sizeof(wanted));
  }
  return pair;
}

void sendMessage(int socket, const void* data, size_t size, int descriptor) {
  std::vector<int> descriptors;
  if (descriptor >= 0) descriptors.push_back(descriptor);
  sendMessage(socket, data, size, descriptors);
}

void sendMessage(int socket, const void* data, size_t size, const std::vector<int>& descriptors) {
  if (descriptors.size() > mostDescriptors) {
    fail(ErrorCode::INVALID, "sending on a control socket: too many descriptors for a message");
  }
  iovec part{const_cast<void*>(data), size};
  alignas(cmsghdr) char control[CMSG_SPACE(mostDescriptors * sizeof(int))];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (size_t bytes = descriptors.size() * sizeof(int); bytes != 0) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(bytes);
    auto header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(bytes);
    memcpy(CMSG_DATA(header), descriptors.data(), bytes);
  }
  if (sendmsg(socket, &message, MSG_NOSIGNAL) >= 0) return;
  int error = errno;
  if (error == EPIPE || error == ECONNRESET) {
    fail(ErrorCode::UNAVAILABLE, "sending on a control socket: the other side is gone");
  }
  failErrno("sending on a control socket", error);
}

ssize_t receiveMessage(int socket, void* data, size_t size) {
  ssize_t received = recv(socket, data, size, 0);
  if (received >= 0) return received;
  if (errno == EAGAIN || errno == EINTR) return -1;
  if (errno == ECONNRESET) return 0;
  failErrno("receiving on a control socket", errno);
}

}  // namespace stave::os
