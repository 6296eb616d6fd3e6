#include "stave/os/unix_socket.h"

#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "stave/error.h"

namespace stave::os {

namespace {

constexpr int backlog = 512;

sockaddr_un addressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    fail(ErrorCode::INVALID, "socket path " + path + " is longer than " +
                                 std::to_string(sizeof(address.sun_path) - 1) + " bytes");
  }
  memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

kj::AutoCloseFd newSocket() {
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) failErrno("making a socket", errno);
  return kj::AutoCloseFd(fd);
}

int connectTo(int fd, const sockaddr_un& address) {
  int result;
  do {
    result = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  } while (result < 0 && errno == EINTR);
  return result < 0 ? errno : 0;
}

void setOwner(const std::string& path, mode_t mode, const std::string& group) {
  if (!group.empty()) {
    auto* entry = getgrnam(group.c_str());
    if (entry == nullptr) {
      fail(ErrorCode::INVALID,
           "socket " + path + ": there is no group " + group + " on this machine");
    }
    if (chown(path.c_str(), -1, entry->gr_gid) < 0)
      failErrno("giving " + path + " to group " + group, errno);
  }
  if (chmod(path.c_str(), mode) < 0) failErrno("setting the mode of " + path, errno);
}

}  // namespace

std::pair<kj::AutoCloseFd, kj::AutoCloseFd> socketPair() {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
    failErrno("making a socket pair", errno);
  return {kj::AutoCloseFd(fds[0]), kj::AutoCloseFd(fds[1])};
}

kj::AutoCloseFd listenUnix(const std::string& path, mode_t mode, const std::string& group) {
  auto address = addressOf(path);
  auto probe = newSocket();
  if (connectTo(probe, address) == 0) {
    fail(ErrorCode::CONFLICT,
         "somebody listens at " + path + " already; is another daemon running?");
  }
  unlink(path.c_str());
  auto listener = newSocket();
  auto previous = umask(0777);
  int result = bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  int error = errno;
  umask(previous);
  if (result < 0) failErrno("binding " + path, error);
  setOwner(path, mode, group);
  if (listen(listener, backlog) < 0) failErrno("listening at " + path, errno);
  return listener;
}

kj::AutoCloseFd connectUnix(const std::string& path) {
  auto address = addressOf(path);
  auto fd = newSocket();
  int error = connectTo(fd, address);
  if (error == ECONNREFUSED) fail(ErrorCode::UNAVAILABLE, "nobody listens at " + path);
  if (error != 0) failErrno("connecting to " + path, error);
  return fd;
}

PeerCredentials peerCredentials(int socket) {
  ucred credentials;
  socklen_t length = sizeof(credentials);
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) < 0) {
    failErrno("asking who opened a connection", errno);
  }
  PeerCredentials peer{credentials.uid, {credentials.gid}, credentials.pid};
  std::vector<gid_t> groups(64);
  while (true) {
    length = groups.size() * sizeof(gid_t);
    if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &length) == 0) break;
    if (errno != ERANGE) failErrno("asking for the groups of who opened a connection", errno);
    groups.resize(length / sizeof(gid_t));
  }
  peer.groups.insert(peer.groups.end(), groups.begin(), groups.begin() + length / sizeof(gid_t));
  return peer;
}

std::string userName(uid_t uid) {
  auto* entry = getpwuid(uid);
  return entry == nullptr ? std::to_string(uid) : entry->pw_name;
}

std::string groupName(gid_t gid) {
  auto* entry = getgrgid(gid);
  return entry == nullptr ? std::to_string(gid) : entry->gr_name;
}

}  // namespace stave::os
