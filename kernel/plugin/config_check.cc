#include "kernel/plugin/config_check.h"

#include "kernel/plugin/grants.h"
#include "kernel/plugin/plugin_instance.h"
#include "kernel/plugin/start_order.h"
#include "stave/error.h"
#include "stave/task.h"

namespace stave::plugin {

namespace {

Task<Needs> ask(schema::PluginHost::Client host, config::PluginConfig config) {
  auto described = co_await host.describeRequest().send();
  auto descriptor = described.getDescriptor();
  Needs needs{descriptor.getKind().cStr(), descriptor.getName().cStr(), {}};
  for (auto requirement : descriptor.getRequires())
    needs.requirements.emplace_back(requirement.cStr());
  if (needs.kind != config.kind || needs.name != config.name) {
    fail(ErrorCode::INVALID, config.place + ": " + config.file + " is the plug-in " + needs.kind +
                                 "/" + needs.name + ", not " + config.fullName());
  }
  auto request = host.checkRequest();
  config.fillSettings(request.initSettings(config.settings.size()));
  co_await request.send();
  co_return needs;
}

/// Always in a process of its own: a file that crashes its host must not take the check down.
kj::Promise<Needs> checkOne(Loop& loop, config::PluginConfig config,
                            const std::string& hostProgram) {
  config.isolation = schema::PluginSpec::Isolation::PROCESS;
  Grants grants(config.fullName(), config.grants);
  auto instance = launch(loop, config, hostProgram);
  // How the host ended says more than the connection that was lost by it.
  auto end = [&instance = *instance, file = config.filePlace + ": " + config.file](
                 kj::Exception&& exception) -> kj::Promise<Needs> {
    if (exception.getType() != kj::Exception::Type::DISCONNECTED) return kj::mv(exception);
    return instance.died().then([file](std::string how) -> kj::Promise<Needs> {
      return makeError(ErrorCode::INVALID, file + " cannot be loaded: its host " + how);
    });
  };
  return ask(instance->host(), config).promise().catch_(kj::mv(end)).attach(kj::mv(instance));
}

}  // namespace

std::vector<std::string> checkConfig(Loop& loop, const config::Config& config) {
  std::vector<std::string> problems;
  std::vector<Needs> stack;
  std::string hostProgram(config.main().getPlugins().getHost().cStr());
  for (auto& plugin : config.plugins) {
    stack.push_back({plugin.kind, plugin.name, {}});
    auto deadline =
        loop.timer()
            .afterDelay(config.main().getPlugins().getStartDeadline() * kj::MILLISECONDS)
            .then([]() -> kj::Promise<Needs> {
              return makeError(ErrorCode::DEADLINE, "it does not answer");
            });
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() {
                   auto check = checkOne(loop, plugin, hostProgram);
                   stack.back() = loop.wait(check.exclusiveJoin(kj::mv(deadline)));
                 })) {
      problems.push_back(plugin.fullName() + ": " + textOf(*exception));
    }
  }
  for (auto& [index, why] : startOrder(stack).impossible) {
    problems.push_back(config.plugins[index].place + ": " + config.plugins[index].fullName() +
                       ": " + why);
  }
  return problems;
}

}  // namespace stave::plugin
