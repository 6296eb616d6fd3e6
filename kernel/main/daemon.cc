#include "kernel/main/daemon.h"

#include <unistd.h>

#include "kernel/log/log.h"
#include "stave/error.h"
#include "stave/os/file.h"
#include "stave/task.h"

namespace stave {

namespace {

constexpr auto version = "0.1.0";

std::string nodeName(const config::Config& config) {
  auto configured = config.main().getDaemon().getNode();
  if (configured.size() > 0) return configured.cStr();
  char name[256] = {};
  gethostname(name, sizeof(name) - 1);
  return name[0] == 0 ? "localhost" : name;
}

}  // namespace

Daemon::Daemon(Loop& loop, config::Config config, std::string configPath)
    : loop_(loop),
      config_(std::move(config)),
      configPath_(std::move(configPath)),
      node_(nodeName(config_)),
      started_(unixNow()) {
  auto settings = config_.main();
  setLogLevel(static_cast<schema::LogLevel>(settings.getDaemon().getLogLevel()));
  os::makeDirectories(settings.getDaemon().getRoot().cStr(), 0711);
  os::makeDirectories(settings.getDaemon().getRun().cStr(), 0711);
  plugins_ = std::make_unique<plugin::PluginSet>(
      loop_, config_, static_cast<plugin::Resources&>(*this), node_,
      [this](plugin::Supervisor& supervisor) { pluginChanged(supervisor); });
  endpoint_ = std::make_unique<rpc::Endpoint>(loop_, config_, [this](rpc::Client client) {
    return rpc::newKernelServer(static_cast<rpc::KernelParts&>(*this), std::move(client));
  });
}

Daemon::~Daemon() noexcept(false) {}

kj::Promise<void> Daemon::start() {
  return async([this]() -> Task<> {
    endpoint_->reserve();
    co_await plugins_->startStore();
    auto store = plugins_->service("store", "").castAs<schema::Store>();
    ObjectStore::Limits limits;
    limits.retainedRevisions = config_.main().getDaemon().getRetainRevisions();
    objects_ = std::make_unique<ObjectStore>(loop_.timer(), store, node_, limits);
    co_await objects_->load();
    pluginObjects_ = std::make_unique<plugin::PluginObjects>(kernelObjects());
    for (auto& supervisor : plugins_->all()) pluginObjects_->update(*supervisor);
    co_await pluginObjects_->removeOthers(pluginNames());
    endpoint_->listen();
    stave::log(schema::LogLevel::INFO, "kernel", "listening at " + config_.socketPath());
    co_await plugins_->startRest();
    stave::log(schema::LogLevel::INFO, "kernel", "the stack is up");
  });
}

kj::Promise<void> Daemon::stop() {
  return async([this]() -> Task<> {
    endpoint_ = nullptr;
    pluginObjects_ = nullptr;
    co_await plugins_->stop();
  });
}

void Daemon::pluginChanged(plugin::Supervisor& supervisor) {
  using State = plugin::Supervisor::State;
  auto name = supervisor.config().fullName();
  switch (supervisor.state()) {
    case State::LOADED:
      stave::log(schema::LogLevel::INFO, name, "loaded");
      break;
    case State::SKIPPED:
      stave::log(schema::LogLevel::WARNING, name, "skipped: " + supervisor.reason());
      break;
    case State::FAILED:
      stave::log(schema::LogLevel::ERROR, name, "failed: " + supervisor.reason());
      break;
    case State::RESTARTING:
      stave::log(schema::LogLevel::WARNING, name, "is started again: " + supervisor.reason());
      break;
    default:
      break;
  }
  if (pluginObjects_ != nullptr) pluginObjects_->update(supervisor);
}

schema::Objects::Client Daemon::kernelObjects() {
  return objects_->clientFor(Caller::unlimited("kernel"));
}

schema::Objects::Client Daemon::objectsFor(const plugin::Grants& grants) {
  Caller caller;
  caller.actor = "plugin/" + grants.owner();
  caller.mayRead =
      caller.mayWrite = [grants](std::string_view kind) { return grants.objects(kind); };
  caller.mayRegisterKinds = grants.kinds();
  return objects_->clientFor(std::move(caller));
}

schema::EventBus::Client Daemon::eventsFor(const plugin::Grants& grants) {
  return bus_.clientFor({"plugin/" + grants.owner(), true, true, grants.hint("events")});
}

schema::Kernel::Client Daemon::kernelFor(const plugin::Grants& grants) {
  rpc::Client client{"plugin/" + grants.owner(), rpc::Rights::full};
  return rpc::newKernelServer(static_cast<rpc::KernelParts&>(*this), std::move(client));
}

capnp::Capability::Client Daemon::service(std::string_view kind, std::string_view name) {
  return plugins_->service(kind, name);
}

std::vector<std::string> Daemon::names(std::string_view kind) {
  return plugins_->names(kind);
}

void Daemon::log(schema::LogLevel level, std::string_view source, std::string_view message,
                 capnp::List<schema::KeyValue>::Reader fields) {
  stave::log(level, source, withFields(message, fields));
}

schema::Objects::Client Daemon::objectsFor(const rpc::Client& client) {
  auto caller = Caller::unlimited(client.name);
  bool full = client.rights == rpc::Rights::full;
  caller.mayWrite = [full](const std::string&) { return full; };
  caller.mayRegisterKinds = full;
  caller.missingGrantHint = client.name + " may only read; see [[endpoint.rights]]";
  return objects_->clientFor(std::move(caller));
}

schema::EventBus::Client Daemon::eventsFor(const rpc::Client& client) {
  bool full = client.rights == rpc::Rights::full;
  return bus_.clientFor(
      {client.name, full, true, client.name + " may only read; see [[endpoint.rights]]"});
}

void Daemon::fillInfo(schema::Info::Builder info) {
  auto daemon = config_.main().getDaemon();
  info.setVersion(version);
  info.setPid(getpid());
  info.setStarted(started_);
  info.setRevision(objects_->revision());
  info.setNode(node_);
  info.setRoot(daemon.getRoot());
  info.setRun(daemon.getRun());
  auto files = info.initConfig(config_.files.size());
  for (size_t i = 0; i < config_.files.size(); i++) files.set(i, config_.files[i]);
}

kj::Promise<plugin::ReloadReport> Daemon::reload() {
  return async([this]() -> Task<plugin::ReloadReport> {
    auto next = config::load(configPath_);
    auto fixed = config::differencesOutsidePlugins(config_, next);
    auto report = co_await plugins_->reload(next);
    report.restart.insert(report.restart.end(), fixed.begin(), fixed.end());
    co_await pluginObjects_->removeOthers(pluginNames());
    co_return report;
  });
}

std::vector<std::string> Daemon::pluginNames() {
  std::vector<std::string> names;
  for (auto& supervisor : plugins_->all()) names.push_back(supervisor->config().fullName());
  return names;
}

kj::Promise<void> Daemon::reloadAndLog() {
  return reload().then(
      [](plugin::ReloadReport report) {
        for (auto& line : report.applied) stave::log(schema::LogLevel::INFO, "reload", line);
        for (auto& line : report.restart) {
          stave::log(schema::LogLevel::WARNING, "reload", line + ": needs a restart of the daemon");
        }
      },
      [](kj::Exception&& exception) {
        stave::log(schema::LogLevel::ERROR, "reload", "nothing was changed: " + textOf(exception));
      });
}

}  // namespace stave
