#pragma once

#include <kj/function.h>
#include <stave/connection.h>
#include <stave/loop.h>
#include <stave/os/process.h>
#include <stave/schema/plugin.capnp.h>
#include <stave/testing/fake_broker.h>

#include <string>

namespace stave::testing {

enum class Isolation { process, inlined };

/// A built plug-in, started as the kernel would start it, either way.
class PluginHarness {
 public:
  struct Options {
    std::string file;  ///< the shared object
    Isolation isolation = Isolation::process;
    std::string settings = "{}";  ///< its TOML table as a JSON object
    std::string name = {};  ///< by which the broker knows it; empty: the file's, "store-memory"
    std::string hostProgram =
        {};  ///< stave-host; empty: $STAVE_HOST, or near the running executable
  };

  PluginHarness(Loop& loop, FakeBroker& broker, Options options);
  ~PluginHarness() noexcept;
  KJ_DISALLOW_COPY(PluginHarness);

  /// Starts it and waits until it serves. Fails as the plug-in fails. Again after kill() or stop().
  void start();

  const std::string& name() const { return options_.name; }
  bool running() const { return host_ != nullptr; }
  schema::PluginHost::Client host();

  template <typename Interface>
  typename Interface::Client service() {
    return anyService().castAs<Interface>();
  }
  capnp::Capability::Client anyService();

  pid_t pid() const { return process_.get() == nullptr ? 0 : process_->pid(); }  ///< 0 inline

  /// Ends it in the middle of what it does with SIGKILL; inline, where there is no process of its
  /// own, it is told to stop. Its directories stay. Clients of its service that are held from
  /// before fail.
  void kill();

  /// Asks it to stop, waits, and ends it.
  void stop();

 private:
  class Boundary;

  schema::PluginHost::Client launchProcess();
  capnp::Capability::Client startService(schema::PluginHost::Client host);
  void killProcess();
  void endInline();

  Loop& loop_;
  FakeBroker& broker_;
  Options options_;
  kj::Own<os::ChildProcess> process_;
  kj::Own<Connection> connection_;
  kj::Maybe<schema::PluginHost::Client> host_;
  kj::Vector<schema::PluginHost::Client> dead_;
  kj::Maybe<Boundary&> boundary_;
  kj::Maybe<capnp::Capability::Client> service_;
};

/// {"a": 1} as the settings that the kernel would have read from a TOML file.
void fillSettings(schema::PluginHost::StartParams::Builder params, std::string_view json);

}  // namespace stave::testing
