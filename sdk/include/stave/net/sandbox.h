#pragma once

#include <kj/io.h>

namespace stave::net {

/// A new network namespace for a pod: `lo` is up, pods may bind low ports and send pings without
/// rights, take no routes from router advertisements of their neighbours and do not wait to use an
/// IPv6 address: the address pool knows that it is unique.
kj::AutoCloseFd makeSandbox();

}  // namespace stave::net
