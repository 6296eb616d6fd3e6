#pragma once

#include <string>
#include <vector>

/// This machine on its networks.
namespace stave::os {

/// Addresses of all interfaces that are up, but loopback and link-local ones; IPv4 first.
std::vector<std::string> hostAddresses();

}  // namespace stave::os
