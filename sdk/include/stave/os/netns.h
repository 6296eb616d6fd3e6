#pragma once

#include <kj/io.h>

#include <cstdint>
#include <functional>
#include <string>

/// Network namespaces as descriptors: nothing here mounts or needs a path.
namespace stave::os {

using Fd = kj::AutoCloseFd;

/// A new network namespace. It lives as long as the descriptor or a process in it does.
Fd makeNetworkNamespace();

/// The calling thread's.
Fd currentNetworkNamespace();

/// Runs `work` in that namespace and returns to the caller's own. Call it on a worker thread, not
/// on a loop's. A thread that cannot return ends the process: it must not go on in a stranger's
/// network. Fails [invalid] if the descriptor is no network namespace.
void inNetworkNamespace(int descriptor, const std::function<void()>& work);

/// The calling thread goes there and stays; threads that it starts begin there.
void enterNetworkNamespace(int descriptor);

/// A number that no other namespace has or will have until the machine restarts; of the namespace
/// in which the socket was opened.
uint64_t networkNamespaceCookie(int socket);

}  // namespace stave::os
