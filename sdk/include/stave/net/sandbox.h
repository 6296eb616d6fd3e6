#pragma once

#include <kj/io.h>

namespace stave::net {

/// A new network namespace for a pod: `lo` is up, pods may bind low ports and send pings without rights,
/// and take no routes from router advertisements of their neighbours.
kj::AutoCloseFd makeSandbox();

}  // namespace stave::net
