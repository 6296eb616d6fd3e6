#include "kernel/plugin/plugin_instance.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/plugin/plugin_file.h"
#include "stave/error.h"
#include "stave/os/unix_socket.h"
#include "stave/plugin_host.h"
#include "stave/task.h"

namespace stave::plugin {

namespace {

constexpr int hostSocketNumber = 3;
constexpr auto timeToExit = 500 * kj::MILLISECONDS;  // after the connection is lost

std::string describeExit(int status) {
  if (WIFSIGNALED(status)) return "killed by signal " + std::to_string(WTERMSIG(status));
  return "exited with status " + std::to_string(WEXITSTATUS(status));
}

class InlineInstance final : public PluginInstance {
 public:
  InlineInstance(Loop& loop, const std::string& file) : host_(loadPlugin(loop, file)) {}

  schema::PluginHost::Client host() override { return host_; }
  pid_t pid() override { return 0; }
  kj::Promise<std::string> died() override { return kj::NEVER_DONE; }

 private:
  schema::PluginHost::Client host_;
};

class ProcessInstance final : public PluginInstance {
 public:
  ProcessInstance(Loop& loop, os::ChildProcess child, kj::AutoCloseFd socket)
      : timer_(loop.timer()),
        child_(std::move(child)),
        connection_(loop.port(), kj::mv(socket), true, nullptr),
        host_(connection_.peer().castAs<schema::PluginHost>()) {}

  ~ProcessInstance() noexcept(false) {
    child_.signal(SIGKILL);
    if (!reaped_) waitpid(child_.pid(), nullptr, 0);
  }

  schema::PluginHost::Client host() override { return host_; }
  pid_t pid() override { return child_.pid(); }

  kj::Promise<std::string> died() override {
    auto disconnected =
        connection_.onDisconnect().then([this]() { return noteEnd(); }).then([this]() {
          child_.signal(SIGKILL);
        });
    auto exited = child_.wait().then([this](int status) {
      reaped_ = true;
      return violation_.empty() ? describeExit(status)
                                : "it sent what is not the protocol: " + violation_;
    });
    return exited.attach(disconnected.eagerlyEvaluate([](kj::Exception&&) {}));
  }

 private:
  /// Of the connection. A host that is about to exit closes it, and its exit status says more than
  /// our signal. One that sent what is no message may go on running, and does not any longer.
  kj::Promise<void> noteEnd() {
    if (connection_.closedByPeer()) return timer_.afterDelay(timeToExit);
    return host_.pingRequest().send().ignoreResult().catch_(
        [this](kj::Exception&& exception) { violation_ = textOf(exception); });
  }

  kj::Timer& timer_;
  os::ChildProcess child_;
  bool reaped_ = false;
  std::string violation_;  ///< what was wrong with what it sent
  Connection connection_;
  schema::PluginHost::Client host_;
};

std::vector<std::string> hostArguments(const config::PluginConfig& config,
                                       const std::string& program) {
  std::vector<std::string> arguments{program};
  if (!config.network) arguments.push_back("--no-network");
  std::string capabilities;
  for (auto& capability : config.capabilities) {
    if (!capabilities.empty()) capabilities += ",";
    capabilities += capability;
  }
  arguments.push_back("--capabilities=" + capabilities);
  arguments.push_back(config.file);
  return arguments;
}

}  // namespace

kj::Own<PluginInstance> launch(Loop& loop, const config::PluginConfig& config,
                               const std::string& hostProgram) {
  requirePluginFile(config);
  if (config.isolation == schema::PluginSpec::Isolation::INLINE) {
    return kj::heap<InlineInstance>(loop, config.file);
  }
  auto [ours, theirs] = os::socketPair();
  os::SpawnOptions options;
  options.arguments = hostArguments(config, hostProgram);
  options.descriptors = {{0, 0}, {1, 1}, {2, 2}, {theirs.get(), hostSocketNumber}};
  auto child = os::spawn(loop.port(), options);
  return kj::heap<ProcessInstance>(loop, std::move(child), kj::mv(ours));
}

}  // namespace stave::plugin
