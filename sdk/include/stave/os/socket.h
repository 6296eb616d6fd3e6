#pragma once

#include <kj/io.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>

/// Sockets of the calling thread's network namespace.
namespace stave::os {

using Fd = kj::AutoCloseFd;

/// Holds a port so that nobody else can have it, without ever answering on it. `type` is
/// SOCK_STREAM or SOCK_DGRAM; `address` a numeric one, "::" being IPv6 only; port 0 takes a free
/// one. Fails [conflict] if the port is in use, [invalid] if the address is none of this machine's,
/// [unsupported] if the machine has no such address family.
Fd reservePort(int type, const std::string& address, uint16_t port);

/// The port a socket is bound to.
uint16_t boundPort(int socket);

/// Lets a netlink socket tell more than an error number.
void enableExtendedAcknowledgement(int netlinkSocket);

/// The index of an interface in the namespace in which the socket (of any kind) was opened; 0:
/// none.
uint32_t interfaceIndex(int socket, const std::string& name);

/// Does now what the kernel would do some time after an interface got its carrier: it begins to
/// send and to be a forwarding port of its bridge. Of the namespace of the socket; no such
/// interface: nothing.
void settleLink(int socket, const std::string& name);

}  // namespace stave::os
