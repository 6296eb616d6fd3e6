// run, create, start, attach, exec: the commands that join a process's streams to ours.
#include "container_run.h"

#include <stave/error.h>
#include <stave/os/file.h>
#include <stave/os/terminal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "output.h"
#include "pod_wait.h"
#include "progress.h"
#include "syntax.h"
#include "unwritten.h"

extern char** environ;

namespace stave::cli {

namespace {

constexpr const char* defaultDetachKeys = "ctrl-p,ctrl-q";
constexpr int signalBase = 128;

RunSurroundings surroundings() {
  RunSurroundings around;
  for (char** line = environ; *line != nullptr; ++line) {
    std::string text = *line;
    auto equals = text.find('=');
    if (equals != std::string::npos)
      around.environment[text.substr(0, equals)] = text.substr(equals + 1);
  }
  around.workingDirectory = std::filesystem::current_path();
  around.readFile = [](const std::string& path) { return os::readFile(path); };
  auto size = os::terminalSize(STDOUT_FILENO);
  around.width = size.width;
  around.height = size.height;
  return around;
}

bool attaches(const RunOptions& options, const char* stream) {
  auto& chosen = options.attach;
  return chosen.empty() || std::find(chosen.begin(), chosen.end(), stream) != chosen.end();
}

void setAnnotation(ObjectCopy& pod, const std::string& key, const std::string& value) {
  auto metadata = pod.builder().getMetadata();
  auto before = metadata.disownAnnotations();
  auto old = before.getReader();
  auto list = metadata.initAnnotations(old.size() + 1);
  for (unsigned i = 0; i < old.size(); ++i) list.setWithCaveats(i, old[i]);
  list[old.size()].setKey(key);
  list[old.size()].setValue(value);
}

void writeIdFile(const RunOptions& options, const std::string& id) {
  if (options.cidFile.empty()) return;
  if (os::exists(options.cidFile)) {
    fail(ErrorCode::ALREADY_EXISTS, "--cidfile " + options.cidFile +
                                        " exists: another container's, or a stale file to remove");
  }
  os::replaceFile(options.cidFile, id);
}

StreamOptions streamsOf(const RunOptions& options) {
  StreamOptions streams;
  bool explicitInput = !options.attach.empty() && attaches(options, "stdin");
  streams.input = (options.interactive && attaches(options, "stdin")) || explicitInput;
  streams.output = attaches(options, "stdout");
  streams.errors = attaches(options, "stderr");
  streams.terminal = options.terminal;
  streams.passSignals = options.sigProxy && !options.terminal;
  auto& keys = options.detachKeys;
  streams.detachKeys = parseDetachKeys(keys.empty() ? defaultDetachKeys : keys);
  return streams;
}

/// Fails when the pod's status cannot be written down.
kj::Promise<PodEnd> unlessUnwritten(Session& session, const ObjectCopy& pod) {
  return failIfUnwritten(session.client().events, selectionOf(pod))
      .then([]() -> kj::Promise<PodEnd> { return kj::NEVER_DONE; });
}

/// A container that is being run in the foreground.
struct Foreground {
  Session& session;
  const RunOptions& options;
  ObjectCopy pod;
  schema::Process::Client process;
  uint64_t revision = 0;
};

/// Once nothing but the status can tell it: fails when that cannot be written down.
kj::Promise<PodEnd> toldEnd(Foreground& run, kj::ForkedPromise<PodEnd>& end) {
  return end.addBranch().exclusiveJoin(unlessUnwritten(run.session, run.pod));
}

/// The streams until they end. If they cannot be joined because the container could not be started,
/// that is told by the end of the pod, and this never comes.
kj::Promise<StreamEnd> streamsUnlessFailed(Foreground& run, kj::ForkedPromise<PodEnd>& end) {
  kj::Promise<StreamEnd> streams =
      carryStreams(run.session.io(), run.process, streamsOf(run.options));
  auto failed = end.addBranch().then([](PodEnd over) -> kj::Promise<StreamEnd> {
    if (over.failed) return StreamEnd::ended;
    return kj::NEVER_DONE;
  });
  auto joined = streams.catch_([&run, &end](kj::Exception&& exception) -> kj::Promise<StreamEnd> {
    if (interruptedBy(exception) != 0) return kj::mv(exception);
    return toldEnd(run, end).then([exception = kj::mv(exception)](PodEnd over) mutable {
      if (!over.failed) kj::throwFatalException(kj::mv(exception));
      return StreamEnd::ended;
    });
  });
  return joined.exclusiveJoin(kj::mv(failed));
}

Task<int> runAttached(Foreground run) {
  auto& client = run.session.client();
  kj::Promise<PodEnd> ending =
      waitForEnd(client.objects, ObjectCopy(run.pod.reader()), run.revision, run.options.remove);
  auto end = ending.fork();
  auto over = co_await streamsUnlessFailed(run, end);
  if (over == StreamEnd::detached) co_return 0;
  auto result = co_await toldEnd(run, end);
  if (result.failed) complain(result.message);
  co_return result.exitCode;
}

Task<> removePod(schema::Objects::Client objects, ObjectCopy pod) {
  Transaction transaction(objects, "stave run was interrupted");
  transaction.add(schema::Change::Op::DELETE, pod);
  co_await transaction.commit();
}

/// Interrupted before it ran, a container is not wanted any more.
int afterInterruption(Foreground& run, const kj::Exception& exception) {
  auto number = interruptedBy(exception);
  if (number == 0) kj::throwFatalException(kj::cp(exception));
  kj::Promise<void> removal = removePod(run.session.client().objects, ObjectCopy(run.pod.reader()));
  run.session.wait(removal.catch_([](kj::Exception&&) {}));
  return signalBase + number;
}

schema::Process::Client attachTo(Session& session, const ObjectCopy& pod) {
  auto request = session.client().engine().attachRequest();
  request.setPod(engineName(pod));
  return request.send().getProcess();
}

void checkTerminal(const RunOptions& options) {
  bool needs = options.interactive && options.terminal && !options.detach;
  if (needs && !os::isTerminal(STDIN_FILENO)) {
    throw UsageError("the input is no terminal: leave out --tty, or --interactive");
  }
}

// Commit, attachment and subscription leave together; nothing waits for an answer in between.
int runForeground(Session& session, const RunOptions& options, ObjectCopy pod,
                  const std::string& image) {
  captureSignals();
  setAnnotation(pod, "stave/attach", "true");
  auto& client = session.client();
  Transaction transaction(client.objects, "stave run " + image);
  transaction.add(schema::Change::Op::CREATE, pod);
  kj::Promise<std::vector<ObjectCopy>> committing = transaction.commit();
  auto process = attachTo(session, pod);
  ProgressView view(options.quiet);
  auto pull = followPull(client.events, image, view).eagerlyEvaluate([](kj::Exception&&) {});
  auto created = session.wait(kj::mv(committing));
  writeIdFile(options, created.at(0).uid());
  Foreground run{session, options, ObjectCopy(created[0].reader()), process,
                 transaction.revision()};
  int code = 0;
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() {
                 code = session.wait(runAttached({session, options, kj::mv(created[0]),
                                                  kj::mv(process), transaction.revision()}));
               })) {
    code = afterInterruption(run, *exception);
  }
  return code;
}

int runDetached(Session& session, const RunOptions& options, ObjectCopy pod,
                const std::string& image, const char* verb) {
  auto& client = session.client();
  Transaction transaction(client.objects, std::string("stave ") + verb + " " + image);
  transaction.add(schema::Change::Op::CREATE, pod);
  ProgressView view(options.quiet);
  auto pull = followPull(client.events, image, view).eagerlyEvaluate([](kj::Exception&&) {});
  auto created = session.wait(transaction.commit());
  auto& object = created.at(0);
  writeIdFile(options, object.uid());
  auto desired = object.spec<schema::PodSpec>().getDesired();
  kj::Promise<PodEnd> answer =
      waitForAnswer(client.objects, ObjectCopy(object.reader()), transaction.revision(), desired);
  auto end = session.wait(answer.exclusiveJoin(unlessUnwritten(session, object)));
  if (end.failed) {
    complain(end.message);
    return end.exitCode;
  }
  print(object.uid() + "\n");
  return 0;
}

}  // namespace

int runContainer(Session& session, const RunOptions& options, const Words& words) {
  checkTerminal(options);
  if (options.detach && !options.attach.empty())
    throw UsageError("--detach conflicts with --attach");
  ObjectCopy pod;
  fillPod(options, words, surroundings(), pod.builder());
  if (options.detach) return runDetached(session, options, kj::mv(pod), words[0], "run");
  return runForeground(session, options, kj::mv(pod), words[0]);
}

int createContainer(Session& session, const RunOptions& options, const Words& words) {
  ObjectCopy pod;
  fillPod(options, words, surroundings(), pod.builder());
  pod.specBuilder<schema::PodSpec>().setDesired(schema::PodSpec::Desired::CREATED);
  return runDetached(session, options, kj::mv(pod), words[0], "create");
}

}  // namespace stave::cli
