#pragma once

#include <kj/async-io.h>
#include <stave/task.h>

#include <string>

namespace stave::node {

/// Reads the framed output of a process (runtime.capnp, Process.streams) up to its end and gives
/// the first `limit` bytes of standard output and error together.
Task<std::string> readOutput(kj::Own<kj::AsyncIoStream> socket, size_t limit);

}  // namespace stave::node
