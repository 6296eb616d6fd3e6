// exec, attach and start: joining the streams of what runs already.
#include <stave/error.h>
#include <stave/os/terminal.h>
#include <unistd.h>

#include "container_run.h"
#include "output.h"
#include "pod_change.h"
#include "pod_wait.h"
#include "syntax.h"

namespace stave::cli {

namespace {

constexpr const char* defaultDetachKeys = "ctrl-p,ctrl-q";

int codeOfExec(const kj::Exception& exception) {
  auto text = textOf(exception);
  auto says = [&text](const char* words) { return text.find(words) != std::string::npos; };
  if (says("executable file not found") || says("no such file or directory")) return 127;
  if (says("permission denied") || says("is a directory")) return 126;
  return 1;
}

schema::Process::Client startExec(Session& session, const ExecOptions& options,
                                  const Words& words) {
  auto request = session.client().engine().execRequest();
  request.setPod(session.engineNameOf(words[0]));
  auto spec = request.initSpec();
  auto arguments = spec.initArguments(words.size() - 1);
  for (size_t i = 1; i < words.size(); ++i) arguments.set(i - 1, words[i]);
  auto environment = spec.initEnvironment(options.environment.size());
  for (unsigned i = 0; i < environment.size(); ++i) environment.set(i, options.environment[i]);
  spec.setWorkingDirectory(options.workingDirectory);
  spec.setUser(options.user);
  spec.setTerminal(options.terminal);
  spec.setOpenStdin(options.interactive);
  spec.setPrivileged(options.privileged);
  spec.setDetach(options.detach);
  auto size = os::terminalSize(STDOUT_FILENO);
  if (options.terminal) {
    spec.setConsoleWidth(size.width);
    spec.setConsoleHeight(size.height);
  }
  return request.send().getProcess();
}

Task<int> followExec(kj::AsyncIoContext& io, schema::Process::Client process,
                     StreamOptions streams) {
  auto end = co_await carryStreams(io, process, kj::mv(streams));
  if (end == StreamEnd::detached) co_return 0;
  auto over = co_await process.waitRequest().send();
  auto exit = over.getExit();
  if (exit.getMessage().size() > 0) complain(exit.getMessage().cStr());
  co_return exit.getCode();
}

/// The values of variables that are named alone.
std::vector<std::string> withValues(const std::vector<std::string>& lines) {
  std::vector<std::string> result;
  for (auto& line : lines) {
    auto [name, value] = parsePair(line, "--env");
    auto ours = ::getenv(name.c_str());
    if (value || ours != nullptr) result.push_back(name + "=" + value.value_or(ours ? ours : ""));
  }
  return result;
}

}  // namespace

int execInContainer(Session& session, ExecOptions options, const Words& words) {
  if (options.terminal && options.interactive && !os::isTerminal(STDIN_FILENO)) {
    throw UsageError("the input is no terminal: leave out --tty, or --interactive");
  }
  options.environment = withValues(options.environment);
  if (!options.detach) captureSignals();
  auto process = startExec(session, options, words);
  int code = 0;
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() {
                 if (options.detach) {
                   session.wait(process.streamsRequest().send().ignoreResult());
                   return;
                 }
                 StreamOptions streams;
                 streams.input = options.interactive;
                 streams.terminal = options.terminal;
                 auto& keys = options.detachKeys;
                 streams.detachKeys = parseDetachKeys(keys.empty() ? defaultDetachKeys : keys);
                 code = session.wait(followExec(session.io(), process, kj::mv(streams)));
               })) {
    if (auto number = interruptedBy(*exception)) return 128 + number;
    complain(textOf(*exception));
    return codeOfExec(*exception);
  }
  return code;
}

namespace {

Task<int> followPod(Session& session, ObjectCopy pod, uint64_t revision,
                    schema::Process::Client process, StreamOptions streams) {
  bool removed = pod.spec<schema::PodSpec>().getRemoveWhenDone();
  kj::Promise<PodEnd> end = waitForEnd(session.client().objects, kj::mv(pod), revision, removed);
  end = end.eagerlyEvaluate(nullptr);
  auto over = co_await carryStreams(session.io(), process, kj::mv(streams));
  if (over == StreamEnd::detached) co_return 0;
  auto result = co_await kj::mv(end);
  if (result.failed) complain(result.message);
  co_return result.exitCode;
}

StreamOptions streamsOf(const AttachOptions& options, const ObjectCopy& pod) {
  auto containers = pod.spec<schema::PodSpec>().getContainers();
  bool any = containers.size() > 0;
  StreamOptions streams;
  streams.terminal = any && containers[0].getTerminal();
  streams.input = options.input && any && containers[0].getOpenStdin();
  streams.passSignals = options.sigProxy && !streams.terminal;
  auto& keys = options.detachKeys;
  streams.detachKeys = parseDetachKeys(keys.empty() ? defaultDetachKeys : keys);
  return streams;
}

schema::Process::Client attachTo(Session& session, const ObjectCopy& pod) {
  auto request = session.client().engine().attachRequest();
  request.setPod(engineName(pod));
  return request.send().getProcess();
}

}  // namespace

int attachToContainer(Session& session, const AttachOptions& options, const Words& words) {
  auto pod = session.findPod(words[0]);
  auto phase = pod.status<schema::PodStatus>().getPhase();
  if (phase != schema::PodStatus::Phase::RUNNING) {
    fail(ErrorCode::CONFLICT, "cannot attach to " + words[0] + ": it is not running");
  }
  captureSignals();
  auto process = attachTo(session, pod);
  auto streams = streamsOf(options, pod);
  auto revision = pod.metadata().getRevision();
  return session.wait(followPod(session, kj::mv(pod), revision, kj::mv(process), kj::mv(streams)));
}

int startAttached(Session& session, const AttachOptions& options, const Words& words) {
  if (words.size() != 1) throw UsageError("only one container can be started and attached to");
  auto pod = session.findPod(words[0]);
  captureSignals();
  auto process = attachTo(session, pod);
  auto streams = streamsOf(options, pod);
  auto changed = session.wait(changePod(session.client().objects, kj::mv(pod),
                                        "stave start " + words[0], [](ObjectCopy& object) {
                                          auto spec = object.specBuilder<schema::PodSpec>();
                                          spec.setDesired(schema::PodSpec::Desired::RUNNING);
                                          spec.setRestart(spec.getRestart() + 1);
                                        }));
  return session.wait(
      followPod(session, kj::mv(changed.pod), changed.revision, kj::mv(process), kj::mv(streams)));
}

}  // namespace stave::cli
