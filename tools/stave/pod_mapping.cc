// From the options of `run` to a Pod: identity, process, health. Files and network stand beside
// this.
#include <stave/json.h>

#include <algorithm>

#include "pod_parts.h"
#include "run_options.h"
#include "syntax.h"

namespace stave::cli {

namespace {

void fillEnvironment(const RunOptions& options, const RunSurroundings& surroundings,
                     schema::PodContainer::Builder container) {
  std::vector<std::string> lines;
  for (auto& file : options.environmentFiles) {
    auto more = parseLines(surroundings.readFile(file));
    lines.insert(lines.end(), more.begin(), more.end());
  }
  lines.insert(lines.end(), options.environment.begin(), options.environment.end());
  std::vector<Pair> pairs;
  for (auto& line : lines) {
    auto [name, value] = parsePair(line, "--env");
    if (!value) {
      auto found = surroundings.environment.find(name);
      if (found == surroundings.environment.end()) continue;  // as docker: not set, not passed
      value = found->second;
    }
    setPair(pairs, name, *value);
  }
  copyPairs(pairs, container.initEnvironment(pairs.size()));
}

void fillLabels(const RunOptions& options, const RunSurroundings& surroundings,
                schema::Metadata::Builder metadata) {
  std::vector<std::string> lines;
  for (auto& file : options.labelFiles) {
    auto more = parseLines(surroundings.readFile(file));
    lines.insert(lines.end(), more.begin(), more.end());
  }
  lines.insert(lines.end(), options.labels.begin(), options.labels.end());
  auto labels = pairsOf(lines, "--label");
  copyPairs(labels, metadata.initLabels(labels.size()));
  auto annotations = pairsOf(options.annotations, "--annotation");
  copyPairs(annotations, metadata.initAnnotations(annotations.size()));
}

void fillCommand(const RunOptions& options, const std::vector<std::string>& words,
                 schema::PodContainer::Builder container) {
  container.setName("main");
  container.setImage(words.at(0));
  if (options.hasEntrypoint) {
    if (options.entrypoint.empty()) {
      container.setClearCommand(true);
    } else {
      container.initCommand(1).set(0, options.entrypoint);
    }
  }
  auto arguments = container.initArguments(words.size() - 1);
  for (size_t i = 1; i < words.size(); ++i) arguments.set(i - 1, words[i]);
}

schema::PodContainer::PullPolicy pullPolicy(const std::string& word) {
  if (word.empty() || word == "missing") return schema::PodContainer::PullPolicy::MISSING;
  if (word == "always") return schema::PodContainer::PullPolicy::ALWAYS;
  if (word == "never") return schema::PodContainer::PullPolicy::NEVER;
  failFlag("--pull", word, "want missing, always or never");
}

void fillProcess(const RunOptions& options, const RunSurroundings& surroundings,
                 schema::PodContainer::Builder container) {
  container.setWorkingDirectory(options.workingDirectory);
  container.setUser(options.user);
  copyTexts(options.groups, container.initGroups(options.groups.size()));
  container.setTerminal(options.terminal);
  bool wantsInput =
      std::find(options.attach.begin(), options.attach.end(), "stdin") != options.attach.end();
  container.setOpenStdin(options.interactive || wantsInput);
  container.setStdinOnce((options.interactive || wantsInput) && !options.detach);
  container.setStopSignal(options.stopSignal);
  container.setInit(options.init);
  container.setOomScoreAdj(checkedRange(options.oomScoreAdj, -1000, 1000, "--oom-score-adj"));
  container.setPull(pullPolicy(options.pull));
  if (options.terminal) {
    container.setConsoleWidth(surroundings.width);
    container.setConsoleHeight(surroundings.height);
  }
  if (options.platform.empty()) return;
  auto given = parsePlatform(options.platform);
  auto platform = container.initPlatform();
  platform.setOs(given.os);
  platform.setArchitecture(given.architecture);
  platform.setVariant(given.variant);
}

uint64_t spanOf(const std::string& text, std::string_view flag) {
  if (text.empty()) return 0;
  KJ_IF_MAYBE (milliseconds, parseMilliseconds(text)) {
    return *milliseconds;
  }
  failFlag(flag, text, "want a time span such as 30s or 1m30s");
}

void fillHealth(const RunOptions& options, schema::PodContainer::Builder container) {
  auto health = container.initHealth();
  if (options.noHealthcheck) {
    if (!options.healthCommand.empty()) {
      throw UsageError("--no-healthcheck conflicts with --health-cmd");
    }
    health.setDisable(true);
    return;
  }
  if (!options.healthCommand.empty()) {
    health.setShell(true);
    health.initTest(1).set(0, options.healthCommand);
  }
  health.setIntervalMs(spanOf(options.healthInterval, "--health-interval"));
  health.setTimeoutMs(spanOf(options.healthTimeout, "--health-timeout"));
  health.setStartPeriodMs(spanOf(options.healthStartPeriod, "--health-start-period"));
  health.setStartIntervalMs(spanOf(options.healthStartInterval, "--health-start-interval"));
  health.setRetries(checkedRange(options.healthRetries, 0, 0x7fffffff, "--health-retries"));
}

bool wantsHealth(const RunOptions& options) {
  return options.noHealthcheck || options.healthRetries != 0 || !options.healthCommand.empty() ||
         !options.healthInterval.empty() || !options.healthTimeout.empty() ||
         !options.healthStartPeriod.empty() || !options.healthStartInterval.empty();
}

void fillLog(const RunOptions& options, schema::PodContainer::Builder container) {
  auto log = container.initLog();
  bool isFile = options.logDriver == "json-file" || options.logDriver == "local";
  log.setDriver(isFile ? "" : options.logDriver);
  for (auto& [name, value] : pairsOf(options.logOptions, "--log-opt")) {
    if (name == "max-size") {
      KJ_IF_MAYBE (bytes, parseBytes(value)) {
        log.setMaxBytes(*bytes);
      } else {
        failFlag("--log-opt", name + "=" + value, "want a size such as 10m");
      }
    } else if (name == "max-file") {
      log.setMaxFiles(checkedNumber(value, 1, 1000, "--log-opt"));
    } else {
      failFlag("--log-opt", name, "there are max-size and max-file");
    }
  }
}

void fillRestart(const RunOptions& options, schema::PodSpec::Builder spec) {
  auto restart = parseRestart(options.restart);
  if (restart.mode == "no") return;
  if (options.remove) throw UsageError("--rm conflicts with --restart");
  using Mode = schema::RestartPolicy::Mode;
  auto policy = spec.initRestartPolicy();
  policy.setMode(restart.mode == "always"       ? Mode::ALWAYS
                 : restart.mode == "on-failure" ? Mode::ON_FAILURE
                                                : Mode::UNLESS_STOPPED);
  policy.setMaximumRetries(restart.retries);
}

void fillSharing(const std::string& word, std::string_view flag, schema::Sharing::Builder sharing) {
  constexpr std::string_view container = "container:";
  if (word == "host") {
    sharing.setMode(schema::Sharing::Mode::HOST);
  } else if (word.compare(0, container.size(), container) == 0) {
    sharing.setFrom(word.substr(container.size()));
  } else if (word != "private" && word != "shareable" && word != "none") {
    failFlag(flag, word, "want host, private or container:NAME");
  }
}

}  // namespace

void fillPod(const RunOptions& options, const std::vector<std::string>& words,
             const RunSurroundings& surroundings, schema::Object::Builder pod) {
  auto metadata = pod.initMetadata();
  metadata.setKind("Pod");
  metadata.setNamespace("default");
  metadata.setName(options.name.empty() ? inventName() : options.name);
  fillLabels(options, surroundings, metadata);
  auto spec = pod.initSpec().initAs<schema::PodSpec>();
  auto container = spec.initContainers(1)[0];
  fillCommand(options, words, container);
  fillEnvironment(options, surroundings, container);
  fillProcess(options, surroundings, container);
  if (wantsHealth(options)) fillHealth(options, container);
  if (!options.logDriver.empty() || !options.logOptions.empty()) fillLog(options, container);
  fillResources(options, container);
  fillSecurity(options, surroundings, container, spec);
  fillFiles(options, surroundings, container, spec);
  fillNetwork(options, spec);
  fillRestart(options, spec);
  spec.setRemoveWhenDone(options.remove);
  if (options.stopTimeout >= 0) spec.setStopTimeoutMs(uint64_t(options.stopTimeout) * 1000);
  if (!options.pid.empty()) fillSharing(options.pid, "--pid", spec.initPid());
  if (!options.ipc.empty()) fillSharing(options.ipc, "--ipc", spec.initIpc());
  if (!options.uts.empty()) fillSharing(options.uts, "--uts", spec.initUts());
  if (!options.cgroupParent.empty()) spec.setCgroupParent(options.cgroupParent);
}

}  // namespace stave::cli
