#include "container_spec.h"

#include <signal.h>
#include <stave/error.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "text.h"

namespace stave::node {

namespace {

constexpr const char* defaultPath =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct SignalName {
  std::string_view name;
  int number;
};

constexpr SignalName signalNames[] = {
    {"HUP", SIGHUP},       {"INT", SIGINT},   {"QUIT", SIGQUIT}, {"ILL", SIGILL},
    {"TRAP", SIGTRAP},     {"ABRT", SIGABRT}, {"IOT", SIGABRT},  {"BUS", SIGBUS},
    {"FPE", SIGFPE},       {"KILL", SIGKILL}, {"USR1", SIGUSR1}, {"SEGV", SIGSEGV},
    {"USR2", SIGUSR2},     {"PIPE", SIGPIPE}, {"ALRM", SIGALRM}, {"TERM", SIGTERM},
    {"CHLD", SIGCHLD},     {"CONT", SIGCONT}, {"STOP", SIGSTOP}, {"TSTP", SIGTSTP},
    {"TTIN", SIGTTIN},     {"TTOU", SIGTTOU}, {"URG", SIGURG},   {"XCPU", SIGXCPU},
    {"XFSZ", SIGXFSZ},     {"PROF", SIGPROF}, {"IO", SIGIO},     {"POLL", SIGIO},
    {"WINCH", SIGWINCH},   {"PWR", SIGPWR},   {"SYS", SIGSYS},   {"VTALRM", SIGVTALRM},
    {"STKFLT", SIGSTKFLT},
};

std::string_view nameIn(std::string_view assignment) {
  return assignment.substr(0, assignment.find('='));
}

/// Later values replace earlier ones in place.
class EnvironmentBuilder {
 public:
  void set(std::string assignment) {
    for (auto& each : values_) {
      if (nameIn(each) == nameIn(assignment)) {
        each = std::move(assignment);
        return;
      }
    }
    values_.push_back(std::move(assignment));
  }
  std::vector<std::string> take() { return std::move(values_); }

 private:
  std::vector<std::string> values_;
};

void setNamespace(schema::NamespaceMode::Builder target, const std::string& shared) {
  if (shared.empty()) {
    target.setOwn();
  } else if (shared == "host") {
    target.setHost();
  } else {
    target.setContainer(shared.c_str());
  }
}

void fillProcess(schema::ContainerSpec::Builder target, schema::PodContainer::Reader container,
                 const image::RunConfig& image, const ContainerPlace& place) {
  setTexts(commandLine(container, image), [&](auto n) { return target.initArguments(n); });
  setTexts(environmentOf(container, image, place.hostname),
           [&](auto n) { return target.initEnvironment(n); });
  auto directory = text(container.getWorkingDirectory());
  target.setWorkingDirectory((directory.empty() ? image.workingDirectory : directory).c_str());
  auto user = text(container.getUser());
  target.setUser((user.empty() ? image.user : user).c_str());
  target.setAdditionalGroups(container.getGroups());
  target.setTerminal(container.getTerminal());
  target.setOpenStdin(container.getOpenStdin());
  target.setStdinOnce(container.getStdinOnce());
  target.setConsoleWidth(container.getConsoleWidth());
  target.setConsoleHeight(container.getConsoleHeight());
}

int64_t orDefault(int64_t value, int64_t fallback) {
  return value > 0 ? value : fallback;
}

HealthPlan planOf(schema::HealthCheck::Reader check) {
  HealthPlan plan;
  auto test = texts(check.getTest());
  if (check.getDisable() || test.empty()) return plan;
  plan.command = check.getShell() ? std::vector<std::string>{"/bin/sh", "-c", test[0]} : test;
  plan.intervalMillis = orDefault(check.getIntervalMs(), plan.intervalMillis);
  plan.timeoutMillis = orDefault(check.getTimeoutMs(), plan.timeoutMillis);
  plan.startPeriodMillis = check.getStartPeriodMs();
  plan.startIntervalMillis = orDefault(check.getStartIntervalMs(), plan.startIntervalMillis);
  plan.retries = orDefault(check.getRetries(), plan.retries);
  return plan;
}

HealthPlan planOf(const image::Healthcheck& check) {
  constexpr int64_t nanosPerMilli = 1'000'000;
  HealthPlan plan;
  if (check.test.size() < 2 || check.test[0] == "NONE") return plan;
  if (check.test[0] == "CMD-SHELL") {
    plan.command = {"/bin/sh", "-c", check.test[1]};
  } else {
    plan.command.assign(check.test.begin() + 1, check.test.end());
  }
  plan.intervalMillis = orDefault(check.interval / nanosPerMilli, plan.intervalMillis);
  plan.timeoutMillis = orDefault(check.timeout / nanosPerMilli, plan.timeoutMillis);
  plan.startPeriodMillis = check.startPeriod / nanosPerMilli;
  plan.startIntervalMillis =
      orDefault(check.startInterval / nanosPerMilli, plan.startIntervalMillis);
  plan.retries = orDefault(check.retries, plan.retries);
  return plan;
}

bool saysNothing(schema::HealthCheck::Reader check) {
  return check.getTest().size() == 0 && !check.getDisable();
}

/// The image's check with the numbers that the pod changes.
HealthPlan overlay(HealthPlan plan, schema::HealthCheck::Reader check) {
  plan.intervalMillis = orDefault(check.getIntervalMs(), plan.intervalMillis);
  plan.timeoutMillis = orDefault(check.getTimeoutMs(), plan.timeoutMillis);
  plan.startPeriodMillis = orDefault(check.getStartPeriodMs(), plan.startPeriodMillis);
  plan.startIntervalMillis = orDefault(check.getStartIntervalMs(), plan.startIntervalMillis);
  plan.retries = orDefault(check.getRetries(), plan.retries);
  return plan;
}

}  // namespace

std::vector<std::string> commandLine(schema::PodContainer::Reader container,
                                     const image::RunConfig& image) {
  auto entry = texts(container.getCommand());
  auto arguments = texts(container.getArguments());
  bool imagesOwn = entry.empty() && !container.getClearCommand();
  if (imagesOwn) entry = image.entrypoint;
  if (imagesOwn && arguments.empty()) arguments = image.command;
  entry.insert(entry.end(), arguments.begin(), arguments.end());
  if (entry.empty()) {
    fail(ErrorCode::INVALID, "no command specified: the image " + text(container.getImage()) +
                                 " has none, so container " + text(container.getName()) +
                                 " must give one");
  }
  return entry;
}

std::vector<std::string> environmentOf(schema::PodContainer::Reader container,
                                       const image::RunConfig& image, const std::string& hostname) {
  EnvironmentBuilder environment;
  environment.set(defaultPath);
  environment.set("HOSTNAME=" + hostname);
  if (container.getTerminal()) environment.set("TERM=xterm");
  for (auto& each : image.environment) environment.set(each);
  for (auto each : container.getEnvironment()) {
    environment.set(text(each.getKey()) + "=" + text(each.getValue()));
  }
  return environment.take();
}

int signalNumber(std::string_view text) {
  int number = 0;
  auto end = text.data() + text.size();
  auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec == std::errc() && parsed.ptr == end && number > 0 && number <= SIGRTMAX)
    return number;
  std::string name(text);
  std::transform(name.begin(), name.end(), name.begin(), ::toupper);
  std::string_view bare = name;
  if (bare.substr(0, 3) == "SIG") bare.remove_prefix(3);
  for (auto& each : signalNames) {
    if (each.name == bare) return each.number;
  }
  if (bare.substr(0, 6) == "RTMIN+") return SIGRTMIN + std::atoi(bare.data() + 6);
  if (bare.substr(0, 6) == "RTMAX-") return SIGRTMAX - std::atoi(bare.data() + 6);
  fail(ErrorCode::INVALID, "invalid signal: " + std::string(text) + "; give a name or a number");
}

int stopSignalOf(schema::PodContainer::Reader container, const image::RunConfig& image) {
  if (container.getStopSignal().size() > 0) return signalNumber(view(container.getStopSignal()));
  return image.stopSignal.empty() ? SIGTERM : signalNumber(image.stopSignal);
}

HealthPlan healthPlanOf(schema::PodContainer::Reader container, const image::RunConfig& image) {
  auto check = container.getHealth();
  if (!saysNothing(check)) return planOf(check);
  if (!image.healthcheck) return {};
  return overlay(planOf(*image.healthcheck), check);
}

HealthPlan readinessPlanOf(schema::PodContainer::Reader container) {
  return planOf(container.getReadiness());
}

void fillContainerSpec(schema::ContainerSpec::Builder target, schema::PodSpec::Reader pod,
                       schema::PodContainer::Reader container, const image::RunConfig& image,
                       const ContainerPlace& place) {
  target.setId(place.id.c_str());
  fillProcess(target, container, image, place);
  target.setHostname(place.hostname.c_str());
  target.setDomainname(place.domainname.c_str());
  target.setResources(container.getResources());
  target.setSecurity(container.getSecurity());
  target.setRlimits(container.getRlimits());
  target.setDevices(container.getDevices());
  target.setInit(container.getInit());
  target.setShmSize(container.getShmSize());
  target.setOomScoreAdj(container.getOomScoreAdj());
  target.setSysctls(pod.getSysctls());
  target.setCgroupParent(pod.getCgroupParent());
  setNamespace(target.initPid(), place.sharedPid);
  setNamespace(target.initIpc(), place.sharedIpc);
  setNamespace(target.initUts(), place.sharedUts);
  if (place.logPath.empty()) return;
  auto log = target.initLog();
  log.setPath(place.logPath.c_str());
  log.setMaxBytes(place.logMaxBytes);
  log.setMaxFiles(place.logMaxFiles);
}

std::vector<ExposedPort> exposedPorts(const image::RunConfig& image) {
  std::vector<ExposedPort> ports;
  for (std::string_view each : image.exposedPorts) {
    auto slash = each.find('/');
    auto protocol = slash == each.npos ? "tcp" : each.substr(slash + 1);
    auto range = each.substr(0, slash);
    auto dash = range.find('-');
    int first = std::atoi(std::string(range.substr(0, dash)).c_str());
    int last = dash == range.npos ? first : std::atoi(std::string(range.substr(dash + 1)).c_str());
    for (int port = std::max(first, 1); port <= std::min(last, 65535); ++port) {
      ports.push_back(
          {static_cast<uint16_t>(port), protocol == "udp"    ? schema::PortMapping::Protocol::UDP
                                        : protocol == "sctp" ? schema::PortMapping::Protocol::SCTP
                                                             : schema::PortMapping::Protocol::TCP});
    }
  }
  return ports;
}

}  // namespace stave::node
