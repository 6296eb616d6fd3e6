#pragma once

#include <kj/io.h>
#include <stave/schema/common.capnp.h>
#include <stave/task.h>

#include <functional>
#include <string>

namespace stave::node {

/// Takes a byte stream into a file of its own, and hands the file over when it is complete. The
/// file is removed when the stream is given up or the work on it is done.
schema::ByteStream::Client intoFile(std::string directory,
                                    std::function<kj::Promise<void>(std::string path)> complete,
                                    std::function<void(const kj::Exception&)> failed);

/// A path in the directory that nobody else has.
std::string temporaryName(const std::string& directory);

/// Sends a whole file.
Task<> sendFile(std::string path, schema::ByteStream::Client sink);

}  // namespace stave::node
