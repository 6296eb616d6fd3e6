#pragma once

#include <kj/io.h>
#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

/// Unix stream sockets.
namespace stave::os {

/// Two connected ones, close-on-exec.
std::pair<kj::AutoCloseFd, kj::AutoCloseFd> socketPair();

/// Listens at `path` and replaces a socket file that nobody listens at any more. Fails [conflict]
/// if somebody does. `group` empty: the process's own.
kj::AutoCloseFd listenUnix(const std::string& path, mode_t mode, const std::string& group);

/// Fails [unavailable] if nobody listens there, [not-found], [denied].
kj::AutoCloseFd connectUnix(const std::string& path);

struct PeerCredentials {
  uid_t uid;
  std::vector<gid_t> groups;  ///< primary and supplementary
  pid_t pid;
};

/// Who opened the connection, as of then.
PeerCredentials peerCredentials(int socket);

/// Name of a user or group; the number if it has none. And back: nothing if there is none.
std::string userName(uid_t uid);
std::string groupName(gid_t gid);

}  // namespace stave::os
