#pragma once

#include "command.h"
#include "run_options.h"
#include "session.h"
#include "streams.h"

namespace stave::cli {

struct ExecOptions {
  bool detach = false, interactive = false, terminal = false, privileged = false;
  std::string user, workingDirectory, detachKeys;
  std::vector<std::string> environment;
};

struct AttachOptions {
  bool input = true, sigProxy = true;
  std::string detachKeys;
};

int runContainer(Session& session, const RunOptions& options, const Words& words);
int createContainer(Session& session, const RunOptions& options, const Words& words);
int execInContainer(Session& session, ExecOptions options, const Words& words);
int attachToContainer(Session& session, const AttachOptions& options, const Words& words);
int startAttached(Session& session, const AttachOptions& options, const Words& words);

}  // namespace stave::cli
