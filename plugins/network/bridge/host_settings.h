#pragma once

#include <string>

namespace stave::bridge {

/// Kernel settings of the network namespace of the plug-in that its networks need. Each is written
/// only when it is not so already.
void enableForwarding(bool ipv6);

/// Of one bridge: packets to published ports of 127.0.0.1 may leave by it, and no pod can pretend
/// to be an address of another network.
void prepareBridge(const std::string& name);

}  // namespace stave::bridge
