#pragma once

#include <kj/function.h>
#include <stave/loop.h>
#include <stave/schema/plugin.capnp.h>

#include <string>

namespace stave {

/// Loads a plug-in's shared object into this process. Its code runs on the loop's thread from
/// `start` on; it is never unloaded. Fails [invalid] if the file is no plug-in or was built for
/// another SDK.
schema::PluginHost::Client loadPlugin(Loop& loop, const std::string& file);

/// The body of stave-host: serves the plug-in in `file` to whoever holds the other end of `socket`,
/// until that end is closed.
void servePlugin(const std::string& file, kj::AutoCloseFd socket);

}  // namespace stave
