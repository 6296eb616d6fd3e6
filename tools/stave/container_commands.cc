// Rows for what containers do: run, start, stop and the like.
#include <stave/error.h>

#include <memory>

#include "command.h"
#include "container_run.h"
#include "output.h"
#include "pod_change.h"
#include "pod_wait.h"
#include "signals.h"
#include "syntax.h"

namespace stave::cli {

namespace {

using Desired = schema::PodSpec::Desired;
using Phase = schema::PodStatus::Phase;

Action run(Flags& flags) {
  auto options = std::make_shared<RunOptions>();
  declareRunFlags(flags, *options);
  return [options](Session& session, const Words& words) {
    return runContainer(session, *options, words);
  };
}

Action create(Flags& flags) {
  auto options = std::make_shared<RunOptions>();
  declareCreateFlags(flags, *options);
  return [options](Session& session, const Words& words) {
    return createContainer(session, *options, words);
  };
}

Action exec(Flags& flags) {
  auto options = std::make_shared<ExecOptions>();
  flags.toggle("-d,--detach", options->detach, "Do not wait for it");
  flags.toggle("-i,--interactive", options->interactive, "Keep standard input open");
  flags.toggle("-t,--tty", options->terminal, "Give it a terminal");
  flags.toggle("--privileged", options->privileged, "All rights on this machine");
  flags.text("-u,--user", options->user, "User, as name or number, with :GROUP if wanted");
  flags.text("-w,--workdir", options->workingDirectory, "Working directory");
  flags.texts("-e,--env", options->environment, "Set an environment variable");
  flags.text("--detach-keys", options->detachKeys, "Keys that detach (default ctrl-p,ctrl-q)");
  return [options](Session& session, const Words& words) {
    return execInContainer(session, *options, words);
  };
}

Action attach(Flags& flags) {
  auto options = std::make_shared<AttachOptions>();
  auto noInput = std::make_shared<bool>(false);
  flags.toggle("--no-stdin", *noInput, "Do not pass standard input on");
  flags.toggle("--sig-proxy", options->sigProxy, "Pass signals on (default)");
  flags.text("--detach-keys", options->detachKeys, "Keys that detach (default ctrl-p,ctrl-q)");
  return [options, noInput](Session& session, const Words& words) {
    options->input = !*noInput;
    return attachToContainer(session, *options, words);
  };
}

/// To start what has ended, the wish must change although it may already be `running`.
void wishAgain(ObjectCopy& pod) {
  auto spec = pod.specBuilder<schema::PodSpec>();
  auto phase = pod.status<schema::PodStatus>().getPhase();
  bool over = phase == Phase::STOPPED || phase == Phase::FAILED;
  if (over) spec.setRestart(spec.getRestart() + 1);
}

Action start(Flags& flags) {
  auto options = std::make_shared<AttachOptions>();
  auto attached = std::make_shared<bool>(false);
  options->input = false;
  flags.toggle("-a,--attach", *attached, "Show its output and pass signals on");
  flags.toggle("-i,--interactive", options->input, "Pass standard input on");
  flags.text("--detach-keys", options->detachKeys, "Keys that detach (default ctrl-p,ctrl-q)");
  return [options, attached](Session& session, const Words& words) {
    if (*attached || options->input) return startAttached(session, *options, words);
    return forEachPod(session, words, [&session](ObjectCopy pod) -> kj::Promise<void> {
      auto reason = "stave start " + pod.name();
      return bringTo(session.client().objects, kj::mv(pod), Desired::RUNNING, reason, wishAgain);
    });
  };
}

struct StopOptions {
  int64_t seconds = -1;
  std::string signal;
};

void declareStop(Flags& flags, StopOptions& options) {
  flags.integer("-t,--timeout,--time", options.seconds, "Seconds before it is killed");
  flags.text("-s,--signal", options.signal, "Signal that asks it to end");
}

PodEdit stopEdit(const StopOptions& options) {
  if (!options.signal.empty()) parseSignal(options.signal);
  return [options](ObjectCopy& pod) {
    auto spec = pod.specBuilder<schema::PodSpec>();
    if (options.seconds >= 0) spec.setStopTimeoutMs(uint64_t(options.seconds) * 1000);
    if (options.signal.empty()) return;
    for (auto container : spec.getContainers()) container.setStopSignal(options.signal);
  };
}

Action stop(Flags& flags) {
  auto options = std::make_shared<StopOptions>();
  declareStop(flags, *options);
  return [options](Session& session, const Words& words) {
    auto edit = stopEdit(*options);
    return forEachPod(session, words, [&session, edit](ObjectCopy pod) -> kj::Promise<void> {
      auto reason = "stave stop " + pod.name();
      return bringTo(session.client().objects, kj::mv(pod), Desired::STOPPED, reason, edit);
    });
  };
}

Action restart(Flags& flags) {
  auto options = std::make_shared<StopOptions>();
  declareStop(flags, *options);
  return [options](Session& session, const Words& words) {
    auto edit = [stopping = stopEdit(*options)](ObjectCopy& pod) {
      stopping(pod);
      auto spec = pod.specBuilder<schema::PodSpec>();
      spec.setRestart(spec.getRestart() + 1);
    };
    return forEachPod(session, words, [&session, edit](ObjectCopy pod) -> kj::Promise<void> {
      auto reason = "stave restart " + pod.name();
      return bringTo(session.client().objects, kj::mv(pod), Desired::RUNNING, reason, edit);
    });
  };
}

template <Desired desired>
Action wish(Flags&) {
  return [](Session& session, const Words& words) {
    return forEachPod(session, words, [&session](ObjectCopy pod) -> kj::Promise<void> {
      bool pause = desired == Desired::PAUSED;
      auto needed = pause ? Phase::RUNNING : Phase::PAUSED;
      if (pod.status<schema::PodStatus>().getPhase() != needed) {
        fail(ErrorCode::CONFLICT, pod.name() + (pause ? " is not running" : " is not paused"));
      }
      auto reason = (pause ? "stave pause " : "stave unpause ") + pod.name();
      return bringTo(session.client().objects, kj::mv(pod), desired, reason);
    });
  };
}

Action kill(Flags& flags) {
  auto signal = std::make_shared<std::string>("SIGKILL");
  flags.text("-s,--signal", *signal, "Signal to send (default SIGKILL)");
  return [signal](Session& session, const Words& words) {
    auto number = parseSignal(*signal);
    return forEach(words, [&](const std::string& word) {
      auto request = session.client().engine().signalRequest();
      request.setPod(session.engineNameOf(word));
      request.setNumber(number);
      session.wait(request.send().ignoreResult());
      print(word + "\n");
    });
  };
}

struct RemoveOptions {
  bool force = false, volumes = false;
};

bool isActive(const ObjectCopy& pod) {
  auto phase = pod.status<schema::PodStatus>().getPhase();
  return phase == Phase::RUNNING || phase == Phase::PAUSED || phase == Phase::STOPPING;
}

void markVolumes(ObjectCopy& pod) {
  auto metadata = pod.builder().getMetadata();
  auto orphan = metadata.disownAnnotations();
  auto old = orphan.getReader();
  auto list = metadata.initAnnotations(old.size() + 1);
  for (unsigned i = 0; i < old.size(); ++i) list.setWithCaveats(i, old[i]);
  list[old.size()].setKey("stave/remove-volumes");
  list[old.size()].setValue("true");
}

Task<> removePod(schema::Objects::Client objects, ObjectCopy pod, RemoveOptions options) {
  auto name = pod.name();
  if (isActive(pod) && !options.force) {
    fail(ErrorCode::CONFLICT,
         "cannot remove container " + name + ": it is running; stop it first, or use --force");
  }
  if (options.volumes) {
    auto changing = changePod(objects, kj::mv(pod), "stave rm -v " + name, markVolumes);
    auto changed = co_await kj::mv(changing);
    pod = kj::mv(changed.pod);
  }
  if (options.force) pod.specBuilder<schema::PodSpec>().setStopTimeoutMs(0);
  pod.builder().getMetadata().setRevision(0);
  Transaction transaction(objects, "stave rm " + name);
  transaction.add(schema::Change::Op::DELETE, pod);
  auto states = co_await transaction.commit();
  if (states.at(0).metadata().getFinalizers().size() == 0) co_return;
  co_await waitForEnd(kj::mv(objects), kj::mv(states[0]), transaction.revision(), true);
}

Action remove(Flags& flags) {
  auto options = std::make_shared<RemoveOptions>();
  flags.toggle("-f,--force", options->force, "Also what runs; it is killed");
  flags.toggle("-v,--volumes", options->volumes, "With its anonymous volumes");
  flags.refuse("-l,--link", "there are no links", false);
  return [options](Session& session, const Words& words) {
    return forEachPod(session, words, [&session, options](ObjectCopy pod) -> kj::Promise<void> {
      return removePod(session.client().objects, kj::mv(pod), *options);
    });
  };
}

Action waitFor(Flags&) {
  return [](Session& session, const Words& words) {
    return forEach(words, [&](const std::string& word) {
      auto pod = session.findPod(word);
      auto revision = pod.metadata().getRevision();
      auto end = session.wait(waitForEnd(session.client().objects, kj::mv(pod), revision, false));
      print(std::to_string(end.exitCode) + "\n");
    });
  };
}

}  // namespace

std::vector<Command> containerCommands() {
  constexpr auto containers = Completes::containers;
  constexpr auto many = anyNumber;
  return {
      {"run", "[OPTIONS] IMAGE [COMMAND] [ARG...]", "Make a container and run a command in it",
       "stave run --rm debian:12 echo hello\nstave run -it --rm alpine sh\n"
       "stave run -d --name web -p 8080:80 -v data:/srv nginx",
       1, many, Completes::images, true, 125, &run},
      {"create", "[OPTIONS] IMAGE [COMMAND] [ARG...]", "Make a container without starting it",
       "stave create --name db -e PASSWORD=x postgres", 1, many, Completes::images, true, 125,
       &create},
      {"start", "[OPTIONS] CONTAINER [CONTAINER...]", "Start containers that are not running",
       "stave start db\nstave start -ai shell", 1, many, containers, false, 1, &start},
      {"stop", "[OPTIONS] CONTAINER [CONTAINER...]",
       "Ask containers to end, kill them if they do not", "stave stop web\nstave stop -t 1 a b c",
       1, many, containers, false, 1, &stop},
      {"restart", "[OPTIONS] CONTAINER [CONTAINER...]", "Stop and start containers",
       "stave restart -t 2 web", 1, many, containers, false, 1, &restart},
      {"kill", "[OPTIONS] CONTAINER [CONTAINER...]", "Send a signal to containers",
       "stave kill web\nstave kill -s HUP web", 1, many, containers, false, 1, &kill},
      {"pause", "CONTAINER [CONTAINER...]", "Freeze all processes of containers", "stave pause web",
       1, many, containers, false, 1, &wish<Desired::PAUSED>},
      {"unpause", "CONTAINER [CONTAINER...]", "Let paused containers go on", "stave unpause web", 1,
       many, containers, false, 1, &wish<Desired::RUNNING>},
      {"rm", "[OPTIONS] CONTAINER [CONTAINER...]", "Remove containers",
       "stave rm web\nstave rm -fv $(stave ps -aq)", 1, many, containers, false, 1, &remove},
      {"wait", "CONTAINER [CONTAINER...]", "Wait until containers end, print their exit codes",
       "stave wait job", 1, many, containers, false, 1, &waitFor},
      {"exec", "[OPTIONS] CONTAINER COMMAND [ARG...]", "Run a command in a running container",
       "stave exec web cat /etc/hosts\nstave exec -it web sh", 2, many, containers, true, 1, &exec},
      {"attach", "[OPTIONS] CONTAINER", "Join the streams of a running container",
       "stave attach web", 1, 1, containers, false, 1, &attach},
  };
}

}  // namespace stave::cli
