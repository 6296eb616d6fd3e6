// Rows for what can be read from and written to containers.
#include <stave/error.h>
#include <stave/json.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "archive_streams.h"
#include "command.h"
#include "container_view.h"
#include "inspect.h"
#include "logs.h"
#include "output.h"
#include "pod_change.h"
#include "session.h"
#include "statistics.h"
#include "syntax.h"
#include "table.h"

namespace stave::cli {

using Json = nlohmann::json;

namespace {

struct PsOptions {
  bool all = false, full = false, latest = false;
  int64_t last = -1;
  std::vector<std::string> filters;
  ListingStyle style;
};

/// Whether "key=value" holds for a row of `ps`.
bool holds(const Json& row, const ObjectCopy& pod, const std::string& filter) {
  auto [key, given] = parsePair(filter, "--filter");
  auto value = given.value_or("");
  auto contains = [&](const char* field) {
    return row.at(field).get_ref<const std::string&>().find(value) != std::string::npos;
  };
  if (key == "name") return contains("Names");
  if (key == "id") return pod.uid().compare(0, value.size(), value) == 0;
  if (key == "status") return row.at("State") == value;
  if (key == "network") return contains("Networks");
  if (key == "volume") return contains("Mounts");
  if (key == "ancestor") return contains("Image");
  if (key == "exited") {
    return row.at("State") == "exited" && std::to_string(statusOf(pod, 0).getExitCode()) == value;
  }
  if (key == "health") {
    return row.at("Status").get_ref<const std::string&>().find("(" + value + ")") !=
           std::string::npos;
  }
  if (key == "label") {
    auto [name, wanted] = parsePair(value, "--filter label");
    for (auto label : pod.metadata().getLabels()) {
      if (label.getKey() == name.c_str()) return !wanted || label.getValue() == wanted->c_str();
    }
    return false;
  }
  failFlag("--filter", filter,
           "there are name, id, status, network, volume, ancestor, exited, health, label");
}

bool isShown(const Json& row, const ObjectCopy& pod, const PsOptions& options) {
  for (auto& filter : options.filters) {
    if (!holds(row, pod, filter)) return false;
  }
  bool asked = options.all || options.last >= 0;
  for (auto& filter : options.filters) {
    asked |= filter.compare(0, 7, "status=") == 0 || filter.compare(0, 7, "exited=") == 0;
  }
  auto& state = row.at("State");
  return asked || state == "running" || state == "paused" || state == "restarting";
}

int listContainers(Session& session, const PsOptions& options) {
  auto pods = session.list("Pod");
  std::sort(pods.begin(), pods.end(), [](const ObjectCopy& left, const ObjectCopy& right) {
    return left.metadata().getCreated() > right.metadata().getCreated();
  });
  std::vector<Json> rows;
  for (auto& pod : pods) {
    auto containers = pod.spec<schema::PodSpec>().getContainers();
    for (unsigned i = 0; i < containers.size(); ++i) {
      auto row = containerRow(pod, i, options.full);
      if (isShown(row, pod, options)) rows.push_back(std::move(row));
    }
  }
  if (options.last >= 0 && rows.size() > size_t(options.last)) rows.resize(options.last);
  print(renderListing(rows,
                      {{"CONTAINER ID", "ID"},
                       {"IMAGE", "Image"},
                       {"COMMAND", "Command"},
                       {"CREATED", "RunningFor"},
                       {"STATUS", "Status"},
                       {"PORTS", "Ports"},
                       {"NAMES", "Names"}},
                      "ID", options.style));
  return 0;
}

Action ps(Flags& flags) {
  auto options = std::make_shared<PsOptions>();
  flags.toggle("-a,--all", options->all, "Also those that do not run");
  flags.toggle("-l,--latest", options->latest, "Only the newest");
  flags.integer("-n,--last", options->last, "Only so many of the newest");
  flags.toggle("--no-trunc", options->full, "Shorten nothing");
  flags.texts("-f,--filter", options->filters, "Only those with KEY=VALUE", "filter");
  declareListing(flags, options->style);
  return [options](Session& session, const Words&) {
    if (options->latest) options->last = 1;
    return listContainers(session, *options);
  };
}

Action top(Flags&) {
  return [](Session& session, const Words& words) {
    auto request = session.client().engine().topRequest();
    request.setPod(session.engineNameOf(words[0]));
    auto reply = session.wait(request.send());
    std::vector<std::vector<std::string>> rows{
        {"UID", "PID", "PPID", "STIME", "TTY", "TIME", "CMD"}};
    for (auto process : reply.getProcesses()) {
      auto seconds = process.getCpuMillis() / 1000;
      char time[32];
      ::snprintf(time, sizeof(time), "%02d:%02d:%02d", int(seconds / 3600), int(seconds / 60 % 60),
                 int(seconds % 60));
      rows.push_back({process.getUser().cStr(), std::to_string(process.getPid()),
                      std::to_string(process.getParent()),
                      localTime(process.getStartedAt()).substr(11, 5), process.getTerminal().cStr(),
                      time, process.getCommand().cStr()});
    }
    print(alignColumns(rows));
    return 0;
  };
}

Action diff(Flags&) {
  return [](Session& session, const Words& words) {
    auto request = session.client().engine().changesRequest();
    request.setPod(session.engineNameOf(words[0]));
    auto reply = session.wait(request.send());
    static constexpr const char* letters[] = {"C", "A", "D"};
    std::string text;
    for (auto change : reply.getChanges()) {
      text += std::string(letters[int(change.getKind())]) + " " + change.getPath().cStr() + "\n";
    }
    print(text);
    return 0;
  };
}

Action port(Flags&) {
  return [](Session& session, const Words& words) {
    auto pod = session.findPod(words[0]);
    static constexpr const char* protocols[] = {"tcp", "udp", "sctp"};
    std::string text;
    for (auto endpoint : pod.status<schema::PodStatus>().getEndpoints()) {
      for (auto port : endpoint.getStatus().getPorts()) {
        std::string inside = std::to_string(port.getContainerPort());
        std::string full = inside + "/" + protocols[int(port.getProtocol())];
        bool chosen = words.size() == 1 || words[1] == full || words[1] + "/tcp" == full;
        if (!chosen) continue;
        std::string address =
            port.getHostAddress().size() > 0 ? port.getHostAddress().cStr() : "0.0.0.0";
        text += (words.size() == 1 ? full + " -> " : "") + address + ":" +
                std::to_string(port.getHostPort()) + "\n";
      }
    }
    if (words.size() > 1 && text.empty()) {
      fail(ErrorCode::NOT_FOUND, "no public port \"" + words[1] + "\" published for " + words[0]);
    }
    print(text);
    return 0;
  };
}

struct CommitFlags {
  std::string author, message;
  bool pause = true;
  std::vector<std::string> changes;
};

Action commit(Flags& flags) {
  auto options = std::make_shared<CommitFlags>();
  flags.text("-a,--author", options->author, "Author");
  flags.text("-m,--message", options->message, "Message");
  flags.toggle("-p,--pause", options->pause, "Pause it meanwhile (default)");
  flags.texts("-c,--change", options->changes, "Dockerfile instruction to apply");
  return [options](Session& session, const Words& words) {
    auto request = session.client().engine().commitRequest();
    request.setPod(session.engineNameOf(words[0]));
    auto target = request.initOptions();
    if (words.size() > 1) target.setReference(words[1]);
    target.setAuthor(options->author);
    target.setMessage(options->message);
    target.setPause(options->pause);
    auto changes = target.initChanges(options->changes.size());
    for (unsigned i = 0; i < changes.size(); ++i) changes.set(i, options->changes[i]);
    print(std::string(session.wait(request.send()).getImageId().cStr()) + "\n");
    return 0;
  };
}

struct UpdateFlags {
  uint64_t memory = 0, reservation = 0;
  int64_t shares = 0, pids = 0, blkio = 0;
  std::string cpus, cpuset, swap, restart;
};

void editResources(const UpdateFlags& options, ObjectCopy& pod) {
  auto spec = pod.specBuilder<schema::PodSpec>();
  auto resources = spec.getContainers()[0].getResources();
  if (options.memory != 0) resources.setMemory(options.memory);
  if (options.reservation != 0) resources.setMemoryReservation(options.reservation);
  if (options.shares != 0) resources.setCpuShares(options.shares);
  if (options.pids != 0) resources.setPids(options.pids);
  if (options.blkio != 0) resources.setBlkioWeight(options.blkio);
  if (!options.cpus.empty()) resources.setCpuMillis(parseCpus(options.cpus));
  if (!options.cpuset.empty()) resources.setCpuset(options.cpuset);
  if (!options.swap.empty()) {
    KJ_IF_MAYBE (bytes, parseBytes(options.swap)) {
      resources.setMemorySwap(int64_t(*bytes));
    } else {
      if (options.swap != "-1") failFlag("--memory-swap", options.swap, "want bytes, or -1");
      resources.setMemorySwap(-1);
    }
  }
  if (options.restart.empty()) return;
  auto restart = parseRestart(options.restart);
  using Mode = schema::RestartPolicy::Mode;
  auto policy = spec.initRestartPolicy();
  policy.setMode(restart.mode == "no"           ? Mode::NEVER
                 : restart.mode == "always"     ? Mode::ALWAYS
                 : restart.mode == "on-failure" ? Mode::ON_FAILURE
                                                : Mode::UNLESS_STOPPED);
  policy.setMaximumRetries(restart.retries);
}

Action update(Flags& flags) {
  auto options = std::make_shared<UpdateFlags>();
  flags.bytes("-m,--memory", options->memory, "Memory limit");
  flags.text("--memory-swap", options->swap, "Memory and swap together; -1: no limit", "bytes");
  flags.bytes("--memory-reservation", options->reservation, "Memory that is kept for it");
  flags.text("--cpus", options->cpus, "Processors it may use", "decimal");
  flags.integer("-c,--cpu-shares", options->shares, "Weight against others");
  flags.text("--cpuset-cpus", options->cpuset, "Processors it may run on");
  flags.integer("--pids-limit", options->pids, "Most processes; -1: no limit");
  flags.integer("--blkio-weight", options->blkio, "Weight of its disk access, 10 to 1000");
  flags.text("--restart", options->restart, "When it ends", "policy");
  return [options](Session& session, const Words& words) {
    return forEachPod(session, words, [&session, options](ObjectCopy pod) -> kj::Promise<void> {
      auto reason = "stave update " + pod.name();
      kj::Promise<Changed> changed =
          changePod(session.client().objects, kj::mv(pod), reason,
                    [options](ObjectCopy& object) { editResources(*options, object); });
      return changed.ignoreResult();
    });
  };
}

Action exportRoot(Flags& flags) {
  auto file = std::make_shared<std::string>();
  flags.text("-o,--output", *file, "Write to this file instead of standard output", "file");
  return [file](Session& session, const Words& words) {
    auto request = session.client().engine().exportRootRequest();
    request.setPod(session.engineNameOf(words[0]));
    receiveArchive(session, *file, [&request](schema::ByteStream::Client sink) {
      request.setSink(kj::mv(sink));
      return request.send().ignoreResult();
    });
    return 0;
  };
}

}  // namespace

std::vector<Command> containerDataCommands() {
  constexpr auto containers = Completes::containers;
  return {
      {"ps", "[OPTIONS]", "List containers",
       "stave ps -a\nstave ps --filter status=exited --format '{{.Names}} {{.Status}}'", 0, 0,
       Completes::nothing, false, 1, &ps},
      {"inspect", "[OPTIONS] NAME [NAME...]",
       "Show all about containers, images, networks, volumes",
       "stave inspect web\nstave inspect -f '{{.State.Status}}' web", 1, anyNumber, containers,
       false, 1, &makeInspect},
      {"logs", "[OPTIONS] CONTAINER", "Show what a container has printed",
       "stave logs -f --tail 20 web\nstave logs --since 10m -t web", 1, 1, containers, false, 1,
       &makeLogs},
      {"stats", "[OPTIONS] [CONTAINER...]", "Show what containers use", "stave stats --no-stream",
       0, anyNumber, containers, false, 1, &makeStatistics},
      {"top", "CONTAINER", "List the processes of a container", "stave top web", 1, 1, containers,
       false, 1, &top},
      {"diff", "CONTAINER", "List files that a container has changed", "stave diff web", 1, 1,
       containers, false, 1, &diff},
      {"port", "CONTAINER [PORT[/PROTOCOL]]", "List published ports", "stave port web 80", 1, 2,
       containers, false, 1, &port},
      {"cp", "[OPTIONS] CONTAINER:SOURCE TARGET | SOURCE CONTAINER:TARGET",
       "Copy files from or to a container",
       "stave cp web:/etc/hosts .\nstave cp site.conf web:/etc/", 2, 2, containers, false, 1,
       &makeCopy},
      {"commit", "[OPTIONS] CONTAINER [REFERENCE]", "Make an image of what a container changed",
       "stave commit -m 'with curl' web my/web:2", 1, 2, containers, false, 1, &commit},
      {"export", "[OPTIONS] CONTAINER", "Write a container's files as a tar",
       "stave export -o root.tar web", 1, 1, containers, false, 1, &exportRoot},
      {"update", "[OPTIONS] CONTAINER [CONTAINER...]", "Change a container's limits",
       "stave update -m 512m web", 1, anyNumber, containers, false, 1, &update},
  };
}

}  // namespace stave::cli
