#pragma once

#include <stave/plugin.h>
#include <stave/schema/runtime.capnp.h>

#include "cgroup.h"
#include "monitor_client.h"
#include "run_directory.h"
#include "seccomp_cache.h"

namespace stave::native {

/// What workers use too. A job that has begun goes on when whoever waits for it is gone, so it
/// holds this, and nothing else of the plug-in.
struct Machinery {
  std::unique_ptr<CgroupDriver> cgroups;
  SeccompCache seccomp;
  std::string monitorProgram;
};

/// What containers need of the plug-in.
struct Environs {
  Context& context;
  std::shared_ptr<Machinery> machinery;
  kj::Function<void(const std::string& id)> onDeleted;
};

using Message = std::shared_ptr<capnp::MessageBuilder>;

/// One container. Its truth lies in its run directory, its cgroup and its monitor; this only looks.
class NativeContainer final : public schema::Container::Server {
 public:
  /// `watch` null: the monitor is gone already.
  NativeContainer(std::shared_ptr<Environs> environs, RunDirectory directory, Message record,
                  kj::Own<MonitorWatch> watch, os::Fd pidfd);

  std::string id() { return spec().getId(); }
  schema::ContainerSpec::Reader spec() { return record().getSpec(); }
  void fillState(schema::ContainerState::Builder state);
  void fillExit(schema::ExitStatus::Builder exit);
  plan::Status status() const { return readStatus(status_); }
  bool alive() const;  ///< running or paused
  kj::Promise<void> stopped() { return stopped_.addBranch(); }
  void requireRunning(const char* what);
  void signalAll(int number);
  void signalFirst(int number);
  Task<> resizeTerminal(uint16_t width, uint16_t height);

  /// A new attachment; the end for the reader.
  Task<os::Fd> attachSocket();

  /// A namespace of the first process. Fails [conflict] unless running.
  os::Fd openNamespaceOf(const std::string& kind);

  kj::Promise<void> start(StartContext context) override;
  kj::Promise<void> state(StateContext context) override;
  kj::Promise<void> wait(WaitContext context) override;
  kj::Promise<void> signal(SignalContext context) override;
  kj::Promise<void> pause(PauseContext context) override;
  kj::Promise<void> resume(ResumeContext context) override;
  kj::Promise<void> update(UpdateContext context) override;
  kj::Promise<void> delete_(DeleteContext context) override;
  kj::Promise<void> exec(ExecContext context) override;
  kj::Promise<void> attach(AttachContext context) override;
  kj::Promise<void> statistics(StatisticsContext context) override;
  kj::Promise<void> processes(ProcessesContext context) override;
  kj::Promise<void> namespaces(NamespacesContext context) override;
  kj::Promise<void> resize(ResizeContext context) override;
  kj::Promise<void> reopenLog(ReopenLogContext context) override;

 private:
  schema::ContainerRecord::Reader record() {
    return record_->getRoot<schema::ContainerRecord>().asReader();
  }
  Task<plan::ControlReply> ask(plan::Request request, uint16_t width, uint16_t height, os::Fd fd);
  kj::Promise<void> watchMonitor(kj::Own<MonitorWatch> watch);
  void replaceFiles(capnp::List<schema::FileContent>::Reader files);
  void onMonitorGone();
  void leaveCgroup();
  Task<> setFrozen(bool frozen);
  Task<> end();
  Task<> clear();

  std::shared_ptr<Environs> environs_;
  RunDirectory directory_;
  Message record_;
  std::unique_ptr<Cgroup> cgroup_;
  os::Fd status_;
  os::Fd pidfd_;  ///< of the first process; null once it is gone
  kj::Maybe<MonitorWatch&> watch_;
  std::weak_ptr<MonitorConnection>
      control_;  ///< shared by requests that overlap, to keep their order
  kj::ForkedPromise<void> left_ = nullptr;  ///< the cgroup, after the exit
  kj::ForkedPromise<void> stopped_;
  bool deleted_ = false;
};

/// The container's cgroup, below the mount of each hierarchy.
std::string cgroupPathOf(const std::string& base, std::string parent, const std::string& id);

}  // namespace stave::native
