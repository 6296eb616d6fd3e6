#include "kernel/plugin/plugin_set.h"

#include <algorithm>

#include "kernel/plugin/start_order.h"
#include "stave/error.h"
#include "stave/json.h"

namespace stave::plugin {

namespace {

bool isStore(const Supervisor& supervisor) {
  return supervisor.config().kind == "store";
}

bool isUp(const Supervisor& supervisor) {
  return supervisor.state() == Supervisor::State::LOADED;
}

bool isPending(const Supervisor& supervisor) {
  return supervisor.state() == Supervisor::State::STARTING;
}

Limits limitsOf(schema::PluginsConfig::Reader config) {
  return {config.getHost().cStr(), config.getStartDeadline(), config.getPingInterval(),
          config.getPingDeadline()};
}

}  // namespace

PluginSet::PluginSet(Loop& loop, const config::Config& config, Resources& resources,
                     std::string node, kj::Function<void(Supervisor&)> onChange)
    : loop_(loop),
      resources_(resources),
      node_(std::move(node)),
      root_(config.main().getDaemon().getRoot().cStr()),
      run_(config.main().getDaemon().getRun().cStr()),
      limits_(limitsOf(config.main().getPlugins())),
      onChange_(kj::mv(onChange)) {
  for (auto& plugin : config.plugins) supervisors_.push_back(newSupervisor(plugin));
}

PluginSet::~PluginSet() noexcept(false) {}

std::unique_ptr<Supervisor> PluginSet::newSupervisor(const config::PluginConfig& config) {
  Supervisor::Listener& self = *this;
  return std::make_unique<Supervisor>(loop_, config, limits_, self);
}

void PluginSet::stateChanged(Supervisor& supervisor) {
  onChange_(supervisor);
  changed_.notify();
}

schema::Broker::Client PluginSet::brokerFor(const config::PluginConfig& config) {
  auto folder = "/plugins/" + config.kind + "-" + config.name;
  return newBroker(resources_, Grants(config.fullName(), config.grants),
                   {root_ + folder, run_ + folder, node_});
}

kj::Promise<void> PluginSet::forEach(kj::Function<kj::Promise<void>(Supervisor&)> action) {
  auto promises = kj::heapArrayBuilder<kj::Promise<void>>(supervisors_.size());
  for (auto& supervisor : supervisors_) promises.add(action(*supervisor));
  return kj::joinPromises(promises.finish());
}

kj::Promise<void> PluginSet::startStore() {
  return async([this]() -> Task<> {
    co_await forEach([](Supervisor& supervisor) { return supervisor.describe(); });
    auto store = std::find_if(supervisors_.begin(), supervisors_.end(),
                              [](auto& supervisor) { return isStore(*supervisor); });
    auto& supervisor = **store;
    if (isPending(supervisor)) co_await supervisor.start();
    if (!isUp(supervisor)) {
      fail(ErrorCode::UNAVAILABLE,
           "the store " + supervisor.config().fullName() +
               " did not start, and nothing works without it: " + supervisor.reason());
    }
  });
}

kj::Promise<void> PluginSet::startRest() {
  std::vector<Needs> needs;
  for (auto& supervisor : supervisors_) {
    needs.push_back({supervisor->config().kind, supervisor->config().name,
                     supervisor->description().requirements});
  }
  auto order = startOrder(needs);
  auto promises = kj::heapArrayBuilder<kj::Promise<void>>(supervisors_.size());
  for (size_t i = 0; i < supervisors_.size(); i++) {
    auto& supervisor = *supervisors_[i];
    auto impossible = order.impossible.find(i);
    if (impossible != order.impossible.end() && isPending(supervisor))
      supervisor.skip(impossible->second);
  }
  for (size_t i = 0; i < supervisors_.size(); i++)
    promises.add(startAfter(i, order.before[i]).promise());
  return kj::joinPromises(promises.finish());
}

Task<> PluginSet::startAfter(size_t index, std::vector<size_t> before) {
  auto& supervisor = *supervisors_[index];
  if (!isPending(supervisor)) co_return;
  for (auto other : before) {
    while (isPending(*supervisors_[other])) co_await changed_.wait();
    if (isUp(*supervisors_[other]) || supervisors_[other]->state() == Supervisor::State::RESTARTING)
      continue;
    supervisor.skip("it requires " + supervisors_[other]->config().fullName() +
                    ", which is not running: " + supervisors_[other]->reason());
    co_return;
  }
  co_await supervisor.start();
}

kj::Promise<void> PluginSet::stop() {
  return async([this]() -> Task<> {
    co_await forEach([](Supervisor& supervisor) -> kj::Promise<void> {
      if (isStore(supervisor)) return kj::READY_NOW;
      return supervisor.stop();
    });
    for (auto& supervisor : supervisors_) {
      if (isStore(*supervisor)) co_await supervisor->stop();
    }
  });
}

Supervisor* PluginSet::tryFind(std::string_view kind, std::string_view name) {
  for (auto& supervisor : supervisors_) {
    auto& config = supervisor->config();
    if (config.kind == kind && (name.empty() || config.name == name)) return supervisor.get();
  }
  return nullptr;
}

capnp::Capability::Client PluginSet::service(std::string_view kind, std::string_view name) {
  auto* supervisor = tryFind(kind, name);
  if (supervisor == nullptr) {
    auto what = name.empty() ? "plug-in of kind " + std::string(kind)
                             : "plug-in " + std::string(kind) + "/" + std::string(name);
    fail(ErrorCode::NOT_FOUND, "the stack has no " + what + "; add it to [stack]");
  }
  auto found = proxies_.find(supervisor->config().fullName());
  if (found != proxies_.end()) return found->second;
  kj::Maybe<Supervisor&> fallback;
  if (supervisor->config().policy == schema::PluginSpec::Policy::FALLBACK) {
    auto* other = tryFind(kind, supervisor->config().fallback);
    if (other != nullptr) fallback = *other;
  }
  auto proxy = newServiceProxy(loop_.timer(), *supervisor, methods_, fallback);
  proxies_.emplace(supervisor->config().fullName(), proxy);
  return proxy;
}

std::vector<std::string> PluginSet::names(std::string_view kind) const {
  std::vector<std::string> names;
  for (auto& supervisor : supervisors_) {
    if (supervisor->config().kind == kind) names.push_back(supervisor->config().name);
  }
  return names;
}

Supervisor& PluginSet::find(std::string_view name) {
  Supervisor* found = nullptr;
  std::vector<std::string> known;
  for (auto& supervisor : supervisors_) {
    auto& config = supervisor->config();
    known.push_back(config.fullName());
    known.push_back(config.name);
    if (config.fullName() == name) return *supervisor;
    if (config.name != name) continue;
    if (found != nullptr) {
      fail(ErrorCode::CONFLICT,
           "several plug-ins are called " + std::string(name) + "; say KIND/NAME");
    }
    found = supervisor.get();
  }
  if (found != nullptr) return *found;
  auto nearest = nearestName(name, known);
  fail(ErrorCode::NOT_FOUND, "the stack has no plug-in " + std::string(name) +
                                 (nearest.empty() ? "" : "; did you mean " + nearest + "?"));
}

kj::Promise<ReloadReport> PluginSet::reload(config::Config config) {
  return async([this, config = std::move(config)]() mutable -> Task<ReloadReport> {
    ReloadReport report;
    for (auto& plugin : config.plugins) {
      auto* supervisor = tryFind(plugin.kind, plugin.name);
      if (supervisor != nullptr) {
        co_await reloadOne(*supervisor, plugin, report);
        continue;
      }
      if (plugin.kind == "store") {
        report.restart.push_back(plugin.place +
                                 ": the store cannot be changed while the daemon runs");
        continue;
      }
      supervisors_.push_back(newSupervisor(plugin));
      auto& added = *supervisors_.back();
      co_await added.describe();
      if (isPending(added)) co_await added.start();
      report.applied.push_back(plugin.fullName() + ": added" +
                               (isUp(added) ? "" : ", but: " + added.reason()));
    }
    for (size_t i = 0; i < supervisors_.size();) {
      auto& running = supervisors_[i]->config();
      auto wanted = std::any_of(config.plugins.begin(), config.plugins.end(), [&](auto& plugin) {
        return plugin.kind == running.kind && plugin.name == running.name;
      });
      if (wanted || running.kind == "store") {
        i++;
        continue;
      }
      report.applied.push_back(running.fullName() + ": removed");
      proxies_.erase(running.fullName());
      retired_.push_back(std::move(supervisors_[i]));
      supervisors_.erase(supervisors_.begin() + i);
      co_await retired_.back()->stop();
    }
    co_return report;
  });
}

Task<> PluginSet::reloadOne(Supervisor& supervisor, config::PluginConfig config,
                            ReloadReport& report) {
  auto& before = supervisor.config();
  bool same =
      before.sameHost(config) && before.sameSettings(config) && before.grants == config.grants;
  if (same) co_return;
  auto applied = co_await supervisor.reload(config);
  if (applied) {
    report.applied.push_back(config.fullName() + ": settings taken live");
  } else if (isStore(supervisor)) {
    report.restart.push_back(config.place + ": " + config.fullName() +
                             " needs a restart of the daemon");
  } else {
    co_await supervisor.restart();
    report.applied.push_back(config.fullName() + ": restarted");
  }
}

}  // namespace stave::plugin
