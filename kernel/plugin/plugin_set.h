#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernel/config/config.h"
#include "kernel/plugin/broker.h"
#include "kernel/plugin/method_table.h"
#include "kernel/plugin/service_proxy.h"
#include "kernel/plugin/supervisor.h"

namespace stave::plugin {

struct ReloadReport {
  std::vector<std::string> applied, restart;
};

/// All plug-ins of the stack.
class PluginSet final : private Supervisor::Listener {
 public:
  /// `onChange` is told of every change of a plug-in's state.
  PluginSet(Loop& loop, const config::Config& config, Resources& resources, std::string node,
            kj::Function<void(Supervisor&)> onChange);
  ~PluginSet() noexcept(false);
  KJ_DISALLOW_COPY(PluginSet);

  /// Loads all, and starts the store. Fails if there is no store: nothing works without it.
  kj::Promise<void> startStore();
  /// Starts the others, each after what it requires. Never fails: see their states.
  kj::Promise<void> startRest();
  /// Asks all to stop, in reverse order.
  kj::Promise<void> stop();

  /// A capability that outlives restarts. Fails [not-found]; an empty name takes the first of the
  /// kind.
  capnp::Capability::Client service(std::string_view kind, std::string_view name);
  std::vector<std::string> names(std::string_view kind) const;

  /// By "kind/name", or by the name alone if it is unique. Fails [not-found], [conflict].
  Supervisor& find(std::string_view name);
  std::vector<std::unique_ptr<Supervisor>>& all() { return supervisors_; }
  MethodTable& methods() { return methods_; }

  /// Makes the running stack that of `config`, plug-in by plug-in.
  kj::Promise<ReloadReport> reload(config::Config config);

 private:
  void stateChanged(Supervisor& supervisor) override;
  void described(capnp::List<capnp::schema::Node>::Reader nodes) override { methods_.add(nodes); }
  schema::Broker::Client brokerFor(const config::PluginConfig& config) override;

  std::unique_ptr<Supervisor> newSupervisor(const config::PluginConfig& config);
  Supervisor* tryFind(std::string_view kind, std::string_view name);
  Task<> startAfter(size_t index, std::vector<size_t> before);
  Task<> reloadOne(Supervisor& supervisor, config::PluginConfig config, ReloadReport& report);
  kj::Promise<void> forEach(kj::Function<kj::Promise<void>(Supervisor&)> action);

  Loop& loop_;
  Resources& resources_;
  std::string node_, root_, run_;
  Limits limits_;
  kj::Function<void(Supervisor&)> onChange_;
  MethodTable methods_;
  std::vector<std::unique_ptr<Supervisor>> supervisors_;
  std::vector<std::unique_ptr<Supervisor>>
      retired_;  // out of the stack; proxies may still refer to them
  std::map<std::string, capnp::Capability::Client> proxies_;
  ChangeSignal changed_;
};

}  // namespace stave::plugin
