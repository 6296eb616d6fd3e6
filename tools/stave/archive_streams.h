#pragma once

#include <kj/function.h>
#include <stave/schema/common.capnp.h>

#include "session.h"

namespace stave::cli {

/// A stream whose bytes go to a descriptor, which is closed at the end. `ended` is set by `end`.
schema::ByteStream::Client newDescriptorSink(kj::AutoCloseFd fd, bool& ended);

/// Sends what can be read from the descriptor, and the end.
Task<> sendDescriptor(kj::UnixEventPort& port, int fd, schema::ByteStream::Client sink);

/// Lets `start` write into a file, or standard output if the name is empty or "-". A file appears
/// only when it is complete. Refuses a terminal.
void receiveArchive(Session& session, const std::string& file,
                    kj::Function<kj::Promise<void>(schema::ByteStream::Client)> start);

/// Sends a file, or standard input if the name is empty or "-".
void sendArchive(Session& session, const std::string& file, schema::ByteStream::Client sink);

}  // namespace stave::cli
