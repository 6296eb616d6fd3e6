#pragma once

#include <kj/async.h>
#include <stave/connection.h>
#include <stave/loop.h>
#include <stave/os/process.h>
#include <stave/schema/plugin.capnp.h>

#include <string>

#include "kernel/config/config.h"

namespace stave::plugin {

/// One loaded copy of a plug-in, in this process or in a stave-host of its own. Destroying it ends
/// the process; an inline one must live as long as anything that it gave out.
class PluginInstance {
 public:
  virtual ~PluginInstance() noexcept(false) = default;

  virtual schema::PluginHost::Client host() = 0;
  virtual pid_t pid() = 0;  ///< 0: inline

  /// Done when it died by itself; says how: "killed by signal 9". Call once.
  virtual kj::Promise<std::string> died() = 0;
};

/// Fails if the file does not exist or cannot be loaded (inline), or the host not be started
/// (process; a file that its host cannot load shows as the host's death).
kj::Own<PluginInstance> launch(Loop& loop, const config::PluginConfig& config,
                               const std::string& hostProgram);

}  // namespace stave::plugin
