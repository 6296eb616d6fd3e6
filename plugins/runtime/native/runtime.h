#pragma once

#include <stave/plugin.h>
#include <stave/schema/runtime.capnp.h>

#include <map>
#include <set>
#include <string>

#include "container.h"
#include "container_plan.h"
#include "reservations.h"
#include "settings.capnp.h"

namespace stave::native {

/// The plug-in's service: makes containers and knows those that there are.
class NativeRuntime final : public schema::Runtime::Server {
 public:
  /// Fails [unsupported] without cgroups, [not-found] without the monitor's program.
  explicit NativeRuntime(Context& context);
  ~NativeRuntime() noexcept;

  /// Takes up what a former instance left behind: containers, and what never became one.
  Task<> recover();

  kj::Promise<void> create(CreateContext context) override;
  kj::Promise<void> get(GetContext context) override;
  kj::Promise<void> list(ListContext context) override;
  kj::Promise<void> features(FeaturesContext context) override;
  kj::Promise<void> reserve(ReserveContext context) override;

 private:
  struct Entry {
    NativeContainer& container;
    schema::Container::Client client;
  };

  RunDirectory directoryOf(const std::string& id) const;
  Entry& find(const std::string& id);
  os::Fd namespaceOf(schema::NamespaceMode::Reader mode, const std::string& kind);
  Task<ContainerParts> collect(schema::ContainerSpec::Reader given, Message record);
  Task<Groundwork> lay(std::string id, std::string cgroup);
  Task<StartedMonitor> launch(WaitingMonitor monitor, ContainerParts parts, std::string cgroup);
  Task<schema::Container::Client> make(schema::ContainerSpec::Reader given);
  schema::Container::Client add(RunDirectory directory, Message record, kj::Own<MonitorWatch> watch,
                                os::Fd pidfd);
  void finished(const std::string& id);
  void adopt(const std::string& id);
  Task<> clearAway(std::string id, std::string cgroup);
  Task<> stop();

  Context& context_;
  std::string cgroupBase_;
  os::Fd initProgram_;
  std::shared_ptr<Machinery> machinery_;
  std::shared_ptr<Environs> environs_;
  std::shared_ptr<Reservations> reservations_;
  std::map<std::string, Entry> containers_;
  std::set<std::string> making_;
  bool stopping_ = false;
  kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> onIdle_;  ///< told when nothing is being made
};

}  // namespace stave::native
