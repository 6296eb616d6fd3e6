#pragma once

#include <stave/loop.h>

#include <memory>
#include <optional>
#include <string>

#include "kernel/config/config.h"
#include "kernel/event/event_bus.h"
#include "kernel/object/object_store.h"
#include "kernel/plugin/broker.h"
#include "kernel/plugin/plugin_objects.h"
#include "kernel/plugin/plugin_set.h"
#include "kernel/rpc/endpoint.h"
#include "kernel/rpc/kernel_server.h"

namespace stave {

/// The parts of the kernel, wired.
class Daemon final : private plugin::Resources, private rpc::KernelParts {
 public:
  Daemon(Loop& loop, config::Config config, std::string configPath);
  ~Daemon() noexcept(false);
  KJ_DISALLOW_COPY(Daemon);

  /// Comes up in order: store, objects, endpoint, the other plug-ins.
  kj::Promise<void> start();
  /// Done when the daemon is asked to end, by a client or a signal.
  kj::Promise<void> wanted() { return shutdownWanted_.wait(); }
  kj::Promise<void> stop();

  /// On SIGHUP: reads the configuration again and logs what came of it.
  kj::Promise<void> reloadAndLog();
  void shutdown() override { shutdownWanted_.notify(); }

 private:
  // plugin::Resources
  schema::Objects::Client objectsFor(const plugin::Grants& grants) override;
  schema::EventBus::Client eventsFor(const plugin::Grants& grants) override;
  schema::Kernel::Client kernelFor(const plugin::Grants& grants) override;
  capnp::Capability::Client service(std::string_view kind, std::string_view name) override;
  std::vector<std::string> names(std::string_view kind) override;
  void log(schema::LogLevel level, std::string_view source, std::string_view message,
           capnp::List<schema::KeyValue>::Reader fields) override;

  // rpc::KernelParts
  schema::Objects::Client objectsFor(const rpc::Client& client) override;
  schema::EventBus::Client eventsFor(const rpc::Client& client) override;
  plugin::PluginSet& plugins() override { return *plugins_; }
  void fillInfo(schema::Info::Builder info) override;
  kj::Promise<plugin::ReloadReport> reload() override;

  void pluginChanged(plugin::Supervisor& supervisor);
  schema::Objects::Client kernelObjects();
  std::vector<std::string> pluginNames();

  Loop& loop_;
  config::Config config_;
  std::string configPath_, node_;
  int64_t started_;
  plugin::ChangeSignal shutdownWanted_;
  EventBus bus_;
  std::unique_ptr<plugin::PluginSet> plugins_;
  std::unique_ptr<ObjectStore> objects_;
  std::unique_ptr<plugin::PluginObjects> pluginObjects_;
  std::unique_ptr<rpc::Endpoint> endpoint_;
};

}  // namespace stave
