#pragma once

#include <capnp/list.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stave::native {

/// A set of Linux capabilities, one bit each.
using CapabilitySet = uint64_t;

/// What a container has unless told otherwise: fourteen that a service in a container needs and
/// that do not reach the host.
CapabilitySet defaultCapabilities();

/// All that this process has, and so can give: on an ordinary machine all that there are.
CapabilitySet allCapabilities();

/// The default with some added and some dropped. "NET_ADMIN", "CAP_NET_ADMIN" and "ALL", in any
/// case. Dropping ALL leaves what is added by name. Fails [invalid] for an unknown name.
CapabilitySet adjustCapabilities(capnp::List<capnp::Text>::Reader add,
                                 capnp::List<capnp::Text>::Reader drop);

/// Names of those that this kernel has and this process has not.
std::vector<std::string> missingCapabilities();

/// The bit of "CAP_SYS_ADMIN"; -1 for an unknown name.
int capabilityNumber(std::string_view name);

}  // namespace stave::native
