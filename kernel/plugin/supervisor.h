#pragma once

#include <kj/async.h>
#include <kj/function.h>
#include <stave/loop.h>
#include <stave/schema/objects/system.capnp.h>
#include <stave/schema/plugin.capnp.h>
#include <stave/task.h>

#include <map>
#include <string>
#include <vector>

#include "kernel/config/config.h"
#include "kernel/plugin/change_signal.h"
#include "kernel/plugin/plugin_instance.h"

namespace stave::plugin {

struct Limits {
  std::string hostProgram;
  uint64_t startDeadlineMs;
  uint64_t pingIntervalMs;
  uint64_t pingDeadlineMs;
};

/// What is known of a plug-in before any of its code has run.
struct Description {
  std::string kind, name, version, summary;
  std::vector<std::string> requirements;
};

struct CallCount {
  uint64_t calls = 0, failures = 0, totalMicros = 0, maxMicros = 0;
};

/// Keeps one plug-in of the stack alive: starts it, watches it, starts it again with back-off.
class Supervisor {
 public:
  using State = schema::PluginStatus::State;

  class Listener {
   public:
    virtual void stateChanged(Supervisor& supervisor) = 0;
    virtual void described(capnp::List<capnp::schema::Node>::Reader nodes) = 0;
    virtual schema::Broker::Client brokerFor(const config::PluginConfig& config) = 0;
  };

  Supervisor(Loop& loop, config::PluginConfig config, Limits limits, Listener& listener);
  KJ_DISALLOW_COPY(Supervisor);

  /// Loads the first instance and asks what it is. Never fails: see `state`.
  kj::Promise<void> describe();
  /// Starts it, once what it requires is there, and keeps it alive from now on. Done when it is
  /// loaded or has failed.
  kj::Promise<void> start();
  void skip(std::string reason);

  struct Service {
    capnp::Capability::Client capability;
    uint64_t generation;
  };
  /// The running instance's service. Waits while it is being started again, unless the policy says
  /// otherwise; fails [unavailable] with the reason if it will not come.
  kj::Promise<Service> service();
  /// A caller saw this generation disconnected, maybe before the supervisor did.
  void disconnected(uint64_t generation);
  /// How a generation ended; nothing if that does not become known soon.
  kj::Promise<std::string> endOf(uint64_t generation);

  /// True: the running instance took the settings. False: it has to be restarted for them.
  kj::Promise<bool> reload(config::PluginConfig config);
  kj::Promise<void> restart();
  kj::Promise<void> swap(std::string file);
  kj::Promise<void> stop();

  const config::PluginConfig& config() const { return config_; }
  const Description& description() const { return description_; }
  State state() const { return state_; }
  const std::string& reason() const { return reason_; }
  const std::string& lastEnd() const { return lastEnd_; }  ///< of the latest that died
  uint32_t restarts() const { return restarts_; }
  int64_t loadedAt() const { return loadedAt_; }
  pid_t pid();
  std::map<std::string, CallCount>& calls() { return calls_; }

 private:
  struct Running {
    kj::Own<PluginInstance> instance;
    capnp::Capability::Client service = nullptr;
    kj::Promise<std::string> died = nullptr;
  };

  Task<kj::Own<Running>> launchAndDescribe(config::PluginConfig config);
  Task<> startInstance(Running& running, config::PluginConfig config);
  Task<bool> bringUp();
  Task<> keepAlive();
  Task<> untilDead(uint64_t generation);
  Task<> pingForever(schema::PluginHost::Client host);
  /// Of an instance that served and does no longer.
  Task<> letGo(kj::Own<Running> running);
  Task<> letGoOfRunning();
  void keep(kj::Own<Running> running);
  kj::Promise<void> backOff(uint32_t failures);
  void become(State state, std::string reason);
  bool settled() const { return state_ != State::STARTING; }

  kj::Promise<void> survive(Running& running, kj::Promise<void> call, std::string during);
  template <typename T>
  kj::Promise<T> withDeadline(kj::Promise<T> promise, uint64_t milliseconds, std::string what);

  Loop& loop_;
  config::PluginConfig config_;
  Limits limits_;
  Listener& listener_;
  Description description_;
  State state_ = State::STARTING;
  std::string reason_;
  std::string lastEnd_;
  uint64_t lastEnded_ = 0;  ///< its generation
  uint32_t restarts_ = 0;
  int64_t loadedAt_ = 0;
  uint64_t generation_ = 0;
  bool wanted_ = true;
  bool askedToRestart_ = false;
  kj::Maybe<kj::Own<Running>> running_;
  std::vector<kj::Own<Running>> ended_;  ///< inline ones, whose objects somebody may still hold
  std::vector<kj::Promise<void>> ending_;
  std::map<std::string, CallCount> calls_;
  ChangeSignal changed_;
  ChangeSignal endInstance_;
  kj::Promise<void> life_ = nullptr;
};

}  // namespace stave::plugin
