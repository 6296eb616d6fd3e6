#pragma once

#include <stave/os/file.h>

#include <string>
#include <utility>
#include <vector>

/// Sockets that keep messages apart (SOCK_SEQPACKET), for requests with a descriptor between a
/// plug-in and its helpers. All are non-blocking. Every function throws (stave/error.h).
namespace stave::os {

/// Listens as `name` in a directory whose path may be longer than a socket's address can be.
Fd listenSequenced(const std::string& directory, const std::string& name);

/// Fails [unavailable] when nobody listens.
Fd connectSequenced(const std::string& directory, const std::string& name);

std::pair<Fd, Fd> sequencedPair();

/// Two connected stream sockets of which `first` takes about `sendBuffer` bytes before it is full.
std::pair<Fd, Fd> streamPair(size_t sendBuffer);

/// Sends one message; `descriptor` -1: without one. Fails [unavailable] when the other side is
/// gone.
void sendMessage(int socket, const void* data, size_t size, int descriptor = -1);

/// At most as many descriptors as a message can carry.
inline constexpr size_t mostDescriptors = 253;  ///< SCM_MAX_FD of Linux
void sendMessage(int socket, const void* data, size_t size, const std::vector<int>& descriptors);

/// Receives one message. Returns its size, 0 at the end, -1 when there is none yet.
ssize_t receiveMessage(int socket, void* data, size_t size);

}  // namespace stave::os
